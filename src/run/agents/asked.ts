import type { AgentInfo } from '../../agents/messages.js';

/** Which agents a run is to have; said on the command line or in a scenario. */
export interface AgentsAsked {
  /** Of a NATS server; or one is started: `listen` on loopback, `listen:HOST` or `listen:HOST:PORT`. */
  readonly url: string;
  /** File of credentials for it; of one that is started, the folder of keys that it is to know. */
  readonly credentials?: string | undefined;
  /** Fewer are not enough; default 1, and all that are there are taken. */
  readonly min?: number | undefined;
  /** Labels that they must have, `name=value`. */
  readonly select?: readonly string[] | undefined;
  /** Share of the clients that a cell may go on without, 0 … 1; default 0. */
  readonly mayLose?: number | undefined;
}

/** Where a server is to be started; undefined: it is there already. @throws nothing: what is no port stays a part of the host */
export function listenOf(
  url: string,
): { readonly host: string | undefined; readonly port: number | undefined } | undefined {
  const [, , text = '', port] = /^listen(:(\[[^\]]+\]|[^:]+)(?::(\d+))?)?$/.exec(url) ?? [];
  if (!/^listen(:|$)/.test(url)) return undefined;
  return {
    host: text === '' ? undefined : text.replace(/^\[|\]$/g, ''),
    port: port === undefined ? undefined : Number(port),
  };
}

/** Whether an agent has all of these labels. */
export const isSelected = ({ labels }: Pick<AgentInfo, 'labels'>, select: readonly string[]): boolean =>
  select.every((one) => {
    const [name = '', ...value] = one.split('=');
    return labels[name] === value.join('=');
  });
