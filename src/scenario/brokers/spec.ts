import type { Address, TransportName } from '../../transport/contract.js';

/** The path is of WebSocket. */
export type RemoteAddress = Address & { readonly path?: string };

/**
 * A broker that is not mqbench's own, started for each cell where the broker of a cell is started. Texts have the
 * placeholders of src/run/brokers/template.ts.
 */
export interface CommandBroker {
  readonly kind: 'command';
  /** Unique in the scenario; with several brokers the first part of an arm's name. */
  readonly name: string;
  /** Of the container that it runs in; undefined: it runs as a program of this host. */
  readonly image?: string;
  /**
   * Without a shell: words, and quotes that hold words together. With an image and no `program` it is what the image's entry point
   * is given, and may be empty.
   */
  readonly command: string;
  /** `{program}`: the first of these that there is. */
  readonly program?: readonly string[];
  /** What `{config}` is the path of. */
  readonly config?: string;
  /** Further files in `{dir}`, by their names. */
  readonly files?: Readonly<Record<string, string>>;
  /** Beside the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Port of each transport that it speaks; `free`: one that nobody has. */
  readonly listens: Partial<Record<TransportName, number | 'free'>>;
  /** How long it may take until its port answers, microseconds. */
  readonly readyWithinMicros: number;
  /** Undefined: nobody knows, and it is asked before the cells. */
  readonly speaks?: Speaks;
  /** Of a preset: how to install its program where that is not found. */
  readonly hint?: string;
}

/** A broker that runs elsewhere, by its address for each transport. */
export interface RemoteBroker {
  readonly kind: 'url';
  readonly name: string;
  readonly addresses: Partial<Record<TransportName, RemoteAddress>>;
  /** PEM file of what its certificates are checked against. Default: what Node.js trusts. */
  readonly ca?: string;
  /** Certificates are not checked. */
  readonly insecure?: boolean;
  readonly username?: string;
  /** Name of the variable of the environment that has it, so that it stands in no result. */
  readonly passwordVariable?: string;
}

/** What an arm may be played against; an arm that names none has mqbench's own broker. */
export type OtherBroker = CommandBroker | RemoteBroker;

/** What of MQTT a broker has; what is not said it is taken to have. */
export interface Speaks {
  /** Protocol levels: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
  readonly mqttVersions?: readonly (3 | 4 | 5)[];
  /** The highest. */
  readonly qos?: 0 | 1 | 2;
}

/** What a preset says of its broker; what a scenario says beside it wins. */
export type Preset = Omit<CommandBroker, 'kind' | 'name' | 'image' | 'readyWithinMicros'> &
  Required<Pick<CommandBroker, 'program' | 'hint'>> &
  Partial<Pick<CommandBroker, 'readyWithinMicros'>> & {
    /** What differs in images of it. */
    readonly inImage: Required<Pick<CommandBroker, 'program'>> & Partial<Pick<CommandBroker, 'command' | 'speaks'>>;
    /** Why it cannot be started as a program of this host, behind "is needed: ". */
    readonly imageNeeded?: string;
  };
