import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nowMicros } from '../base/clock.js';
import { MqbenchError, machineError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import type { Act, Place } from './contract.js';
import type { Holder } from './holder.js';

/** A script of scripts/network, the one source of the lab's commands; src and dist lie at the same depth. */
export function scriptPath(name: string): string {
  return fileURLToPath(new URL(`../../scripts/network/${name}`, import.meta.url));
}

/** Is told each line of a command as it comes. Where it returns a promise, the command waits for a line, which it gets then. */
type Hear = (line: string) => Promise<unknown> | undefined;

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
  options: { readonly input?: string; readonly hear?: Hear | undefined } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = holder.spawn(place, command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    createInterface({ input: child.stdout! }).on('line', (line) => {
      out += `${line}\n`;
      options.hear?.(line)?.then(
        () => child.stdin?.write('\n'),
        (error) => {
          child.kill('SIGKILL');
          fail(messageOf(error));
        },
      );
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-4000);
    });
    child.stdin?.on('error', () => {}); // it ended without reading all of it: the exit code tells
    if (!options.hear) child.stdin?.end(options.input ?? '');
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const fail = (how: string): void => {
      const line = [command, ...args].join(' ').replace(/.*scripts\/network\//, 'scripts/network/');
      reject(machineError('MQB_LAB_COMMAND', `in the lab, ${line}: ${err.trim() || how}`));
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

export async function runScript(holder: Holder, name: string, args: readonly string[], hear?: Hear): Promise<Facts> {
  const text = await runInside(holder, undefined, 'sh', [scriptPath(name), ...args], { hear });
  const facts = new Map<string, string[]>();
  for (const [, fact = '', value = ''] of text.matchAll(/^(\S*) (.*)$/gm)) {
    facts.set(fact, [...(facts.get(fact) ?? []), value]);
  }
  return facts;
}

/** Reads the clock when a script says that it is changing the network, and when it has (--ask of the network scripts). */
export class ActWatch {
  private readonly started = nowMicros();
  private began: number | undefined;
  private ended: number | undefined;

  readonly hear = (line: string): undefined => {
    if (line === 'changing') this.began ??= nowMicros();
    if (line === 'changed') this.ended = nowMicros();
  };

  get saw(): boolean {
    return this.began !== undefined;
  }

  /** After the script has ended. Of a script that says nothing, all of its time. */
  get act(): Act {
    return { beganMicros: this.began ?? this.started, endedMicros: this.ended ?? nowMicros() };
  }
}

/** A fact that must be there once. */
export function fact(facts: Facts, name: string): string {
  const value = facts.get(name)?.[0];
  if (value !== undefined) return value;
  throw new MqbenchError('MQB_INTERNAL', `a network script did not say "${name}"`, { exitCode: exitCodes.internal });
}
