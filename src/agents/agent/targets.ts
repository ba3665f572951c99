import { isIP } from 'node:net';
import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Refusal } from '../messages.js';

/**
 * What an agent loads when its owner has said nothing: addresses of private networks and of its own machine. Names are not among
 * them, as what a name stands for is up to others; nor are link-local addresses, where clouds keep the secrets of a machine.
 */
export const privateTargets = 'private';

const privateBlocks = [/^127\./, /^10\./, /^192\.168\./, /^172\.(1[6-9]|2\d|3[01])\./];

function isPrivate(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === 'localhost';
  if (version === 4) return privateBlocks.some((block) => block.test(host));
  return /^(::1$|f[cd])/i.test(host);
}

/**
 * Whether an owner allows a target.
 * @param allow `host:port`, `host:*`, `[address]:port`, {@link privateTargets} or `any`
 */
export function isAllowed({ host, port }: { host: string; port: number }, allow: readonly string[]): boolean {
  const written = isIP(host) === 6 ? `[${host}]` : host.toLowerCase();
  return allow.some((one) => {
    if (one === 'any') return true;
    if (one === privateTargets) return isPrivate(host.toLowerCase());
    return one.toLowerCase() === `${written}:${port}` || one.toLowerCase() === `${written}:*`;
  });
}

/** Whether a text is one that {@link isAllowed} understands: a typing mistake would allow nothing, and be told by nobody. */
export function isTarget(text: string): boolean {
  if (text === 'any' || text === privateTargets) return true;
  const [, address, name = '', port = ''] = /^(?:\[([^\]]+)\]|([^\s:/@[\]*]+)):(\*|\d{1,5})$/.exec(text) ?? [];
  const isHost = address === undefined ? name !== '' : isIP(address) === 6;
  return isHost && (port === '*' || (Number(port) > 0 && Number(port) < 65_536));
}

/** Options of a plan by which a worker would read or write files of the agent's machine, or run code that is there. */
const files: readonly (readonly [says: string, of: (plan: LoadPlan) => string | undefined])[] = [
  ['a hook', ({ publish }) => (publish?.payload.kind === 'hook' ? publish.payload.file : undefined)],
  ['a file of pre-shared keys', ({ psk }) => psk?.file],
  ['a secret or key that signs tokens', ({ jwt }) => jwt?.file],
  ['a file of session tickets', ({ target }) => target.ticketsFile],
  ['a key log', ({ target }) => target.tls?.keyLogFile],
];

/** What a load would do with files of an agent, each as it is told. */
export const filesOf = (plans: readonly LoadPlan[]): string[] =>
  plans.flatMap((plan) => files.flatMap(([says, of]) => (of(plan) === undefined ? [] : [`${says} (${of(plan)})`])));

/** What of a load an agent does not do. @returns undefined: nothing */
export function refusalOf(plans: readonly LoadPlan[], agent: string, allow: readonly string[]): Refusal | undefined {
  const targets = plans.flatMap(({ target }) => target.hosts).filter((host) => !isAllowed(host, allow));
  if (targets.length > 0) {
    const names = [...new Set(targets.map(({ host, port }) => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`))];
    return {
      code: 'MQB_AGENT_TARGET',
      message: `the agent ${agent} may not load ${names.join(', ')}: its owner allows ${allow.join(', ')}`,
      hint: `start it with ${names.map((name) => `--allow ${name}`).join(' ')}`,
      exitCode: exitCodes.machine,
    };
  }
  const read = filesOf(plans);
  if (read.length === 0) return undefined;
  return {
    code: 'MQB_AGENT_FILES',
    message: `the agent ${agent} reads and writes no files of its machine for others: ${read.join(', ')}`,
    hint: 'leave that out, or run on this machine alone',
    exitCode: exitCodes.usage,
  };
}

/** Throws what the other side has refused. */
export function thrown({ code, message, ...details }: Refusal): MqbenchError {
  return new MqbenchError(code, message, details);
}
