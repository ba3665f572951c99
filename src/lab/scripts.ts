import { fileURLToPath } from 'node:url';
import { MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import type { Place } from './contract.js';
import type { Holder } from './holder.js';

/** A script of scripts/network, the one source of the lab's commands; src and dist lie at the same depth. */
export function scriptPath(name: string): string {
  return fileURLToPath(new URL(`../../scripts/network/${name}`, import.meta.url));
}

/** Is told each line of a command as it comes. Where it returns a promise, the command waits for a line, which it gets then. */
export type Hear = (line: string) => Promise<unknown> | undefined;

/**
 * Runs a command inside the lab to its end.
 * @returns its standard output
 * @throws MQB_LAB_COMMAND naming the command line and what it said
 */
export function runInside(
  holder: Holder,
  place: Place | undefined,
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs?: number; readonly input?: string; readonly hear?: Hear } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = holder.spawn(place, command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    let heard = 0;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (!options.hear) return;
      for (let end = out.indexOf('\n', heard); end >= 0; end = out.indexOf('\n', heard)) {
        const line = out.slice(heard, end);
        heard = end + 1;
        options.hear(line)?.then(
          () => child.stdin?.write('\n'),
          (error) => {
            child.kill('SIGKILL');
            fail(messageOf(error));
          },
        );
      }
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-4000);
    });
    child.stdin?.on('error', () => {}); // it ended without reading all of it: the exit code tells
    if (!options.hear) child.stdin?.end(options.input ?? '');
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 30_000);
    const fail = (how: string): void => {
      const line = [command, ...args].join(' ').replace(/.*scripts\/network\//, 'scripts/network/');
      reject(
        new MqbenchError('MQB_LAB_COMMAND', `in the lab, ${line}: ${err.trim() || how}`, {
          exitCode: exitCodes.machine,
        }),
      );
    };
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(out);
      else fail(`it ended with ${signal ?? code}`);
    });
  });
}

/** What a script printed, one "name value" per line, by name in order. */
export type Facts = ReadonlyMap<string, readonly string[]>;

/** Runs one of the network scripts. */
export async function runScript(holder: Holder, name: string, args: readonly string[], hear?: Hear): Promise<Facts> {
  const options = hear === undefined ? {} : { hear };
  return parseFacts(await runInside(holder, undefined, 'sh', [scriptPath(name), ...args], options));
}

export function parseFacts(text: string): Facts {
  const facts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const name = line.slice(0, space);
    facts.set(name, [...(facts.get(name) ?? []), line.slice(space + 1)]);
  }
  return facts;
}

/** A fact that must be there once. */
export function fact(facts: Facts, name: string): string {
  const value = facts.get(name)?.[0];
  if (value === undefined)
    throw new MqbenchError('MQB_INTERNAL', `a network script did not say "${name}"`, { exitCode: exitCodes.internal });
  return value;
}
