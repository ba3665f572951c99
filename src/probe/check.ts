import { MqbenchError, messageOf } from '../base/errors.js';
import type { ConnectOptions } from '../mqtt/codec/control-packets.js';
import type { MqttVersion } from '../mqtt/codec/packet-types.js';
import type { DialOptions, TransportName } from '../transport/contract.js';
import { lossError } from '../transport/dial-errors.js';
import { transportFor } from '../transport/registry.js';
import { formatBrokerUrl } from '../transport/url.js';
import { ProbeClient } from './client.js';

/** What a broker says to one question. */
export interface Finding {
  readonly what: string;
  readonly outcome: 'yes' | 'no' | 'skipped';
  /** Of the error behind a no. */
  readonly code?: string | undefined;
  /** Numbers, or why not. */
  readonly detail: string;
  /** What helps against a no. */
  readonly hint?: string | undefined;
  /** What this answer means for a fleet, where the name of the question does not say it. */
  readonly means?: string | undefined;
}

/** What either answer means for a fleet. */
export type Meaning = Partial<Record<'yes' | 'no', string>>;

export type Question = (target: ProbeTarget) => Promise<Finding>;

/** @param ask tells numbers, or throws why the answer is no */
export const question =
  (what: string, ask: (target: ProbeTarget) => Promise<string | undefined>, means?: Meaning): Question =>
  (target) =>
    check(target, what, () => ask(target), means);

/** How a broker is asked: transport, address, credentials; `dial.timeoutMs` is also how long an answer is waited for. */
export interface ProbeTarget {
  readonly transport: TransportName;
  readonly dial: DialOptions & { readonly timeoutMs: number };
  readonly username?: string;
  readonly password?: string;
  readonly version: MqttVersion;
  /** Of topics and client ids, so that two probes do not meet. */
  readonly prefix: string;
  /** The check that runs gives its question up and cleans up. */
  readonly signal?: AbortSignal;
  /** Which questions are asked, by their names; undefined: all. */
  readonly asks?: (what: string) => boolean;
}

/** Nobody answered in time. */
export const silent = 'MQB_SILENT';

/** Clients that a check has opened; each check is alone, and ends them. */
const living = new Set<ProbeClient>();
let clients = 0;

/** A client of the check that runs, connected, which ends with it. @throws what says why it is not */
export async function open(...asked: Parameters<typeof connect>): Promise<ProbeClient> {
  const client = await connect(...asked);
  living.add(client);
  return client;
}

/** A client of nobody's check: whoever asks for it ends it. @throws what says why it is not connected */
export async function connect(
  target: ProbeTarget,
  over: Partial<ConnectOptions> = {},
  dial: Partial<DialOptions> = {},
): Promise<ProbeClient> {
  const { signal } = target;
  const connection = await transportFor(target.transport).dial({ ...target.dial, ...dial, signal });
  try {
    return await ProbeClient.open(connection, connectOptions(target, over), target.dial.timeoutMs, signal);
  } catch (error) {
    connection.abort();
    throw error;
  }
}

/** What a first connection leaves for those after it; empty when the server gave no ticket. */
export async function ticketsOf(target: ProbeTarget, dial: Partial<DialOptions> = {}) {
  const tickets = { store: new Map<string, Uint8Array>(), key: 'probe' };
  const first = await open(target, {}, { ...dial, tickets });
  await first.end();
  return tickets;
}

/** The CONNECT of a client with an id of its own. */
export function connectOptions(target: ProbeTarget, over: Partial<ConnectOptions>): ConnectOptions {
  const { username, password, version, prefix } = target;
  return { version, clientId: `${prefix}${++clients}`, clean: true, keepaliveSeconds: 30, username, password, ...over };
}

/** What a check that is given up may take to clean up, milliseconds. */
const cleaningMillis = 2_000;

/** The same target for what cleans up, also after the check was given up. */
export function cleaning(target: ProbeTarget): ProbeTarget {
  const { signal, ...rest } = target;
  return signal?.aborted === true ? { ...rest, dial: { ...rest.dial, timeoutMs: cleaningMillis } } : target;
}

const hints = {
  peer: 'the broker, or something on the way to it, ended it: look at its log',
  path: 'the path may be dead, or the machine of the broker',
};

/** Asks one question. @param body tells numbers, or throws why the answer is no */
export async function check(
  { signal, transport, dial, asks }: ProbeTarget,
  what: string,
  body: () => Promise<string | undefined>,
  means: Meaning = {},
): Promise<Finding> {
  if (asks?.(what) === false) return { what, outcome: 'skipped', detail: '' };
  const endAll = (): void => {
    for (const client of living) client.connection.abort();
  };
  let timer: NodeJS.Timeout | undefined;
  const limit = (): void => {
    timer = setTimeout(endAll, cleaningMillis);
  };
  signal?.addEventListener('abort', limit, { once: true });
  try {
    const detail = (await body()) ?? '';
    await Promise.all([...living].map((client) => client.end()));
    return { what, outcome: 'yes', detail, means: means.yes };
  } catch (error) {
    const told = lossError(formatBrokerUrl(transport, dial.host, dial.port), error, hints) ?? error;
    // Who was not answered has not learned what the answer would mean.
    const code = told instanceof MqbenchError ? told.code : undefined;
    const hint = told instanceof MqbenchError ? told.hint : undefined;
    return { what, outcome: 'no', code, detail: messageOf(told), hint, means: code === silent ? undefined : means.no };
  } finally {
    signal?.removeEventListener('abort', limit);
    clearTimeout(timer);
    // A check that failed has not ended its clients, and their sockets would keep the process alive.
    endAll();
    living.clear();
  }
}
