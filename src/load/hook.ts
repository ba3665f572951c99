import { pathToFileURL } from 'node:url';
import { MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';

/** What a hook is asked for one message. */
export interface HookInput {
  readonly client: { readonly id: string; readonly number: number; readonly username: string | undefined };
  /** How many-th message of this client, from 0. */
  readonly sequence: number;
}

/** The default export of a hook module: `export default ({ client, sequence }) => ({ t: Date.now(), sequence })`. */
export type Hook = (input: HookInput) => string | Uint8Array | object;

/** @throws MQB_HOOK when the module cannot be loaded or exports no function */
export async function loadHook(path: string): Promise<Hook> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    throw new MqbenchError('MQB_HOOK', `load the hook ${path}: ${messageOf(error)}`, {
      exitCode: exitCodes.usage,
      cause: error,
    });
  }
  if (typeof module.default !== 'function') {
    throw new MqbenchError('MQB_HOOK', `the hook ${path} has no default export that is a function`, {
      hint: 'write: export default ({ client, sequence }) => ({ id: client.id, sequence })',
      exitCode: exitCodes.usage,
    });
  }
  return module.default as Hook;
}

/**
 * What the hook makes of one message: text and bytes as they are, everything else as JSON.
 * @throws MQB_HOOK when it throws, or makes nothing
 */
export function hookPayload(hook: Hook, input: HookInput): Uint8Array {
  const where = `message ${input.sequence} of client ${input.client.id}`;
  let made: unknown;
  try {
    made = hook(input);
  } catch (error) {
    throw new MqbenchError('MQB_HOOK', `the hook failed at ${where}: ${messageOf(error)}`, {
      exitCode: exitCodes.usage,
      cause: error,
    });
  }
  if (made instanceof Uint8Array) return made;
  const text = made instanceof Promise ? undefined : typeof made === 'string' ? made : JSON.stringify(made);
  if (text !== undefined) return Buffer.from(text);
  const what = made instanceof Promise ? 'a promise' : String(made);
  throw new MqbenchError('MQB_HOOK', `the hook made ${what} of ${where}, which is no payload`, {
    hint: 'it returns text, bytes or an object, at once',
    exitCode: exitCodes.usage,
  });
}
