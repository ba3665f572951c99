import { nearest } from '../../base/text/nearest.js';
import { type LoadCommand, loadCommands } from '../load/options/flags.js';
import { loadOptions } from '../load/options/options.js';
import { usage } from '../options/parsers.js';
import type { OptionRow } from '../options/rows.js';
import { type PeerWord, peerWord } from './words.js';

/** A command line in our words, and what its writer should know about the change. */
export interface ReadLine {
  readonly argv: readonly string[];
  readonly notes: readonly string[];
}

/** What an option of ours takes: text, a [text] that may be missing, or nothing. */
export type Shape = 'value' | 'maybe' | 'flag';
const truth = /^(true|false)$/i;

/** Names of our own options in a command, each with what it takes. */
export function ownNames(command: LoadCommand): Map<string, Shape> {
  const names = new Map<string, Shape>([['--help', 'flag']]);
  for (const { flags, only } of Object.values<OptionRow>(loadOptions)) {
    if (only?.includes(command) === false) continue;
    const shape = flags.includes('<') ? 'value' : flags.includes('[') ? 'maybe' : 'flag';
    for (const [name] of flags.matchAll(/--?[A-Za-z][\w-]*/g)) names.set(name, shape);
  }
  return names;
}

/**
 * Reads a command line as its writer means it: words of emqtt-bench and MQTTX become ours, flags take the `true` or
 * `false` that emqtt-bench gives them, and `-h` without a host asks for help.
 * @param args after the name of the command
 * @throws MQB_USAGE for what cannot be had, with what to type instead
 */
export function readLine(command: LoadCommand, args: readonly string[]): ReadLine {
  return new Reader(command, args).read();
}

/** An option that this command does not have: what it has instead, or which commands have it. */
function unknownOption(command: LoadCommand, written: string): Error {
  const shown = written.replace(/=.*$/s, '');
  const name = /^-[A-Za-z]\d/.test(shown) ? shown.slice(0, 2) : dashedName(shown);
  const problem = `unknown option '${shown}' of ${command}`;
  if (name === '-c' || name === '--count')
    return usage(
      problem,
      'say how many publish and how many subscribe: --pubs <n> --subs <n> (with --pattern own: --pubs)',
    );
  const others = loadCommands.filter((other) => ownNames(other).has(name));
  if (others.length > 0) return usage(problem, `it is an option of ${others.join(', ')}`);
  const long = [...ownNames(command).keys()].filter((own) => own.startsWith('--'));
  const near = nearest(name, long);
  return usage(problem, `${near === undefined ? '' : `did you mean ${near}? `}mqbench ${command} --help has them all`);
}

/** Older emqtt-bench and MQTTX have names with an underscore. */
export const dashedName = (name: string): string => name.replace(/(?<=\w)_/g, '-');

class Reader {
  private readonly own: Map<string, Shape>;
  private readonly argv: string[] = [];
  /** Options without the value that they might have, which would take the URL behind them. */
  private readonly bare: string[] = [];
  private readonly notes = new Set<string>();
  private at = 0;

  constructor(
    private readonly command: LoadCommand,
    private readonly args: readonly string[],
  ) {
    this.own = ownNames(command);
  }

  read(): ReadLine {
    while (this.at < this.args.length) {
      const arg = this.args[this.at++] as string;
      if (arg === '--') return this.end([arg, ...this.args.slice(this.at)]);
      if (arg.startsWith('-') && arg !== '-') this.option(arg);
      else this.argument(arg);
    }
    return this.end();
  }

  private end(rest: readonly string[] = []): ReadLine {
    return { argv: [...this.argv, ...this.bare, ...rest], notes: [...this.notes] };
  }

  private get next(): string | undefined {
    return this.args[this.at];
  }

  private option(arg: string): void {
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const written = equals < 0 ? arg : arg.slice(0, equals);
    const given = equals < 0 ? undefined : arg.slice(equals + 1);
    const name = this.own.has(written) ? written : dashedName(written);
    const next = given ?? this.next;
    const foreign = peerWord(written, this.command, next) ?? peerWord(name, this.command, next);
    const shape = this.own.get(name);
    if (foreign !== undefined) this.foreign(foreign, written, given);
    else if (shape === undefined) this.cluster(arg);
    else this[shape](name, given);
  }

  /** `--prometheus true` is the option alone, and with false it is not there. */
  private maybe(name: string, given: string | undefined): void {
    const isTruth = given === undefined && truth.test(this.next ?? '');
    if (isTruth && this.args[this.at++]?.toLowerCase() === 'false') return;
    if (given !== undefined) this.argv.push(`${name}=${given}`);
    else if (this.next?.includes('://')) this.bare.push(name);
    else this.argv.push(name);
  }

  private foreign(word: PeerWord, name: string, given: string | undefined): void {
    if (word.refused !== undefined) throw usage(`${name} of ${word.of} is not there in mqbench`, word.refused);
    let value = given;
    if (value === undefined && (word.takes === 'value' || (word.takes === 'truth' && truth.test(this.next ?? '')))) {
      value = this.args[this.at++];
    }
    if (word.takes === 'value' && value === undefined) throw usage(`${name} needs a value`);
    this.argv.push(...(word.ours?.(value ?? '') ?? []));
    if (word.note === undefined) return;
    this.notes.add(`${name} of ${word.of}${word.ours === undefined ? ' changes nothing' : ''}: ${word.note}`);
  }

  private flag(name: string, given: string | undefined): void {
    const value = given ?? (truth.test(this.next ?? '') ? this.args[this.at++] : 'true');
    if (!truth.test(value as string)) throw usage(`${name} is "${value}"; it is true or false`);
    if ((value as string).toLowerCase() === 'true') this.argv.push(name);
  }

  private value(name: string, given: string | undefined): void {
    const { next } = this;
    const isOption = next === undefined || this.own.has(next);
    if (given !== undefined) this.argv.push(`${name}=${given}`);
    else if (name === '-h' && isOption) this.argv.push('--help');
    else if ((name === '-C' || name === '--clean') && !/^(true|false|yes|no)$/i.test(next ?? ''))
      this.argv.push(name, 'true'); // emqtt-bench's bare -C
    else if (next === undefined) throw usage(`${name} needs a value`);
    else if (isOption)
      throw usage(
        `${name} needs a value, and ${next} is the next option`,
        'a value that looks like an option is written --name=value',
      );
    else this.argv.push(name, this.args[this.at++] as string);
  }

  /** Flags written together, `-rS true`, are read as if they stood apart; all else is for the parser to judge. */
  private cluster(arg: string): void {
    const first = arg.slice(0, 2);
    const shape = arg.startsWith('--') || arg.length < 3 ? undefined : this.own.get(first);
    if (shape === 'value')
      this.argv.push(arg); // -c10
    else if (shape !== 'flag') throw unknownOption(this.command, arg);
    else {
      this.argv.push(first);
      this.option(`-${arg.slice(2)}`);
    }
  }

  private argument(arg: string): void {
    const before = this.args[this.at - 2];
    if (truth.test(arg)) throw usage(`"${arg}" is not the URL of a broker`, before && `${before} takes no ${arg}`);
    this.argv.push(arg);
  }
}
