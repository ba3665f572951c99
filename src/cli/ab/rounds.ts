import { codeOf, MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { spawnHere } from '../../base/process/child.js';
import type { Build } from './builds.js';

export type Side = 'base' | 'head';

/** What each side does in each round. */
export interface Work {
  /** How long once takes, microseconds; undefined where nobody knows beforehand. */
  readonly estimate: number | undefined;
  /** Once takes at least that long, and nobody knows how much longer. */
  readonly isLeast?: boolean;
  /** Options that make it shorter, to be read by people. */
  readonly shortenedBy: string;
  /** Brokers run in the network of a lab. */
  readonly inLab: boolean;
  once(
    build: Build,
    round: { readonly seed: number; readonly folder: string },
    cwd: string,
    signal: AbortSignal,
  ): Promise<void>;
}

/**
 * Who runs when: A B B A A B …. Each side is first as often as second, so a machine that
 * grows slower or faster in the course favours neither.
 */
export function order(rounds: number): { round: number; side: Side }[] {
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) => {
    const sides: Side[] = round % 2 === 1 ? ['base', 'head'] : ['head', 'base'];
    return sides.map((side) => ({ round, side }));
  });
}

/**
 * Runs one side once and waits for its end. A missed expectation (10) is a result like any
 * other; so is a run in which cells failed (4), which the comparison will not let pass when it is the head's.
 * @throws MQB_AB_RUN with the end of what it said, or MQB_INTERRUPTED, also when that came before
 */
export function runOnce(
  build: Pick<Build, 'name' | 'command' | 'more'>,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(interrupted());
    const [program, ...leading] = build.command as [string, ...string[]];
    const told = [...args, ...(build.more ?? [])];
    const child = spawnHere(program, [...leading, ...told], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    // Ctrl-C reaches it by itself, being in the same foreground group. A signal to us alone (a CI server's) does not, so it is told when it has not gone by then.
    let reminder: NodeJS.Timeout | undefined;
    const stop = () => {
      reminder = setTimeout(() => child.kill('SIGTERM'), 3000);
    };
    signal.addEventListener('abort', stop, { once: true });
    const fail = (how: string, exitCode: MqbenchError['exitCode']) =>
      reject(
        new MqbenchError('MQB_AB_RUN', `${build.name}: ${[...build.command, ...told].join(' ')} ${how}`, {
          hint: said.trim() === '' ? undefined : said.trim().split('\n').slice(-4).join('\n    '),
          exitCode,
        }),
      );
    child.on('error', (error) => fail(`cannot be started (${codeOf(error)})`, exitCodes.usage));
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop);
      clearTimeout(reminder);
      if (signal.aborted || code === exitCodes.interrupted) {
        return reject(interrupted());
      }
      if (code === exitCodes.fine || code === exitCodes.expectation || code === exitCodes.run) return resolve();
      const known = code === exitCodes.usage || code === exitCodes.machine ? code : exitCodes.run;
      fail(`ended with ${killedBy ?? code}`, known);
    });
  });
}

const interrupted = (): MqbenchError =>
  new MqbenchError('MQB_INTERRUPTED', 'interrupted: the rounds that ended are kept', {
    exitCode: exitCodes.interrupted,
    hint: 'mqbench compare takes the folders of both sides',
  });
