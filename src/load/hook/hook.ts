import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { MqbenchError, messageOf } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { sleep } from '../../base/sleep.js';
import { usualHookTimeout } from '../../plan/limits.js';

export interface HookInput {
  readonly client: { readonly id: string; readonly number: number; readonly username: string | undefined };
  /** How many-th message of this client, from 0. */
  readonly sequence: number;
}

/** The default export of a hook module: `export default ({ client, sequence }) => ({ t: Date.now(), sequence })`. */
export type Hook = (input: HookInput) => string | Uint8Array | object;

const paths = new WeakMap<Hook, string>();

/** @throws MQB_HOOK when the module cannot be loaded, is not loaded after half the timeout, or exports no function */
export async function loadHook(path: string, timeoutMicros = usualHookTimeout): Promise<Hook> {
  const mostMillis = timeoutMicros / 2000;
  let module: { default?: unknown } | undefined;
  try {
    module = (await Promise.race([import(pathToFileURL(path).href), sleep(mostMillis)])) as typeof module;
  } catch (error) {
    throw hookError(`load the hook ${placeIn(path, error)}: ${messageOf(error)}`, { cause: error });
  }
  if (module === undefined) {
    throw hookError(`load the hook ${path}: it was not loaded after ${mostMillis / 1000} s`, {
      hint: 'an await at its top level has not ended: what it waits for must come, and soon; --hook-timeout gives it longer, half of which is for loading',
    });
  }
  if (typeof module.default !== 'function') {
    throw hookError(`the hook ${path} has no default export that is a function`, {
      hint: 'write: export default ({ client, sequence }) => ({ id: client.id, sequence })',
    });
  }
  const hook = module.default as Hook;
  paths.set(hook, path);
  return hook;
}

/**
 * What the hook makes of one message: text and bytes as they are, everything else as JSON.
 * @throws MQB_HOOK when it throws, or makes nothing that can be sent
 */
export function hookPayload(hook: Hook, input: HookInput): Uint8Array {
  const path = paths.get(hook) ?? 'given';
  const where = `message ${input.sequence} of client ${input.client.id}`;
  let made: unknown;
  try {
    made = hook(input);
  } catch (error) {
    throw hookError(`the hook ${placeIn(path, error)} failed at ${where}: ${messageOf(error)}`, { cause: error });
  }
  const hint = 'it returns text, bytes or an object that JSON can hold, at once';
  const says = (kind: string, place = path): string =>
    `the hook ${place} made ${kind} of ${where}, which is no payload`;
  let isPromise = false;
  let payload: Uint8Array | undefined;
  try {
    isPromise = made instanceof Promise;
    if (!isPromise) payload = bytesOf(made);
  } catch (error) {
    throw hookError(`${says('an object', placeIn(path, error))}: ${messageOf(error)}`, { hint, cause: error });
  }
  if (payload !== undefined) return payload;
  if (isPromise) (made as Promise<unknown>).catch(() => {}); // what becomes of it is of no interest any more
  throw hookError(says(isPromise ? 'a promise' : made === undefined ? 'undefined' : `a ${typeof made}`), { hint });
}

/** @throws what JSON does: for a BigInt, a circle, an object that lets nobody look at it */
function bytesOf(made: unknown): Uint8Array | undefined {
  if (made instanceof Uint8Array) return made;
  const text = typeof made === 'string' ? made : JSON.stringify(made);
  return text === undefined ? undefined : Buffer.from(text);
}

/** The file, and the line of it that the error came from, as far as its stack tells. */
function placeIn(path: string, error: unknown): string {
  const line = error instanceof Error ? lineIn(path, String(error.stack)) : undefined;
  return line === undefined ? path : `${path}:${line}`;
}

/** Where the file really lies: Node.js follows links before it runs a module. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // it is not there, as will be told
  }
}

/** Whether the debugger calls the file of the hook so. */
export function isUrlOf(path: string, url: string): boolean {
  return url === pathToFileURL(realPath(path)).href;
}

/** The line of the hook's file that is named first in a stack; undefined: none is. */
export function lineIn(path: string, stack: string): number | undefined {
  const real = realPath(path);
  // Modules have a URL there, CommonJS has the path.
  const places = [pathToFileURL(real).href, real].flatMap((name) => {
    const at = stack.indexOf(`${name}:`);
    const line = at < 0 ? undefined : /^\d+/.exec(stack.slice(at + name.length + 1))?.[0];
    return line === undefined ? [] : [{ at, line: Number(line) }];
  });
  return places.sort((a, b) => a.at - b.at)[0]?.line;
}

export function hookError(
  message: string,
  more: { readonly hint?: string; readonly cause?: unknown } = {},
): MqbenchError {
  return new MqbenchError('MQB_HOOK', message, { exitCode: exitCodes.usage, ...more });
}
