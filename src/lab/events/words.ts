import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { nearest } from '../../base/text/nearest.js';
import { parseDuration, parseShare } from '../../base/units.js';
import type { LabEvent, LinkProfile, Some } from '../contract.js';
import { parseNetem } from '../netem/parse.js';
import { namedProfiles, profileNamed } from '../profiles.js';
import { eventMistakes } from './events.js';

/** Options of an event, as typed. */
export interface EventOptions {
  readonly what?: string | undefined;
  readonly share?: string | undefined;
  readonly over?: string | undefined;
}

type Reader = (words: readonly string[], options: EventOptions) => LabEvent;

/** How each event is written; `usage` is what help shows. */
export const eventWords: Readonly<Record<LabEvent['kind'], { readonly usage: string; readonly read: Reader }>> = {
  rebind: {
    usage: 'rebind [--what address|port|both] [--share 50%] [--over 10s]',
    read: (_, options) => ({ kind: 'rebind', what: whatOf(options.what), ...some(options) }),
  },
  return: { usage: 'return [--share 50%] [--over 10s]', read: (_, options) => ({ kind: 'return', ...some(options) }) },
  'address-change': {
    usage: 'address-change [--share 50%] [--over 10s]',
    read: (_, options) => ({ kind: 'address-change', ...some(options) }),
  },
  blackout: {
    usage: 'blackout 5s',
    read: ([length]) => ({ kind: 'blackout', forMicros: parseDuration(needed(length, 'blackout 5s')) }),
  },
  flap: {
    usage: 'flap TIMES DOWN UP, e.g. flap 5 1s 4s',
    read: ([times, down, up]) => ({
      kind: 'flap',
      times: Number(needed(times, 'flap 5 1s 4s')),
      downMicros: parseDuration(needed(down, 'flap 5 1s 4s')),
      upMicros: parseDuration(needed(up, 'flap 5 1s 4s')),
    }),
  },
  profile: {
    usage: 'profile 4g, or in the words of tc-netem(8): profile delay 20ms loss 1%',
    read: (words) => ({ kind: 'profile', profile: profileFromWords(words.join(' ')) }),
  },
  heal: { usage: 'heal', read: () => ({ kind: 'heal' }) },
  'udp-block': {
    usage: 'udp-block [5s]',
    read: ([length]) => (length ? { kind: 'udp-block', forMicros: parseDuration(length) } : { kind: 'udp-block' }),
  },
  'udp-open': { usage: 'udp-open', read: () => ({ kind: 'udp-open' }) },
  nat: {
    usage: 'nat drop|forward',
    read: ([policy]) => {
      if (policy !== 'drop' && policy !== 'forward') throw usage('the event nat wants drop or forward');
      return { kind: 'nat', unknownFlows: policy };
    },
  },
};

/**
 * An event from words as a person types them, e.g. `['blackout', '5s']`.
 * @throws MQB_LAB_EVENT, MQB_LAB_PROFILE, MQB_BAD_UNIT; all with exit code 2
 */
export function parseEvent(words: readonly string[], options: EventOptions = {}): LabEvent {
  const [kind = '', ...rest] = words;
  const kinds = Object.keys(eventWords);
  if (!Object.hasOwn(eventWords, kind)) {
    const near = nearest(kind, kinds);
    throw usage(`there is no event "${kind}"`, near ? `did you mean ${near}?` : `known are ${kinds.join(', ')}`);
  }
  const event = eventWords[kind as LabEvent['kind']].read(rest, options);
  const mistakes = eventMistakes(event);
  if (mistakes.length > 0) throw usage(mistakes.join('; '));
  return event;
}

/** A named network, or one description for both directions. @throws MQB_LAB_PROFILE */
export function profileFromWords(text: string): LinkProfile {
  const words = text.trim();
  if (words === '' || namedProfiles().has(words) || !/\s/.test(words)) return profileNamed(words);
  const both = parseNetem(words);
  return { up: both, down: both };
}

function some(options: EventOptions): Some {
  return {
    ...(options.share === undefined ? {} : { share: parseShare(options.share) }),
    ...(options.over === undefined ? {} : { overMicros: parseDuration(options.over) }),
  };
}

function whatOf(text: string | undefined): 'address' | 'port' | 'both' {
  if (text === undefined || text === 'address') return 'address';
  if (text === 'port' || text === 'both') return text;
  throw usage(`--what: "${text}" is not address, port or both`);
}

function needed(word: string | undefined, example: string): string {
  if (word === undefined) throw usage(`the event ends too early; write it like ${example}`);
  return word;
}

function usage(message: string, hint?: string): MqbenchError {
  return new MqbenchError('MQB_LAB_EVENT', message, { exitCode: exitCodes.usage, hint });
}
