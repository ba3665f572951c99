import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { parseBitRate, parseDuration, parseShare } from '../../base/units.js';
import type { Impairment } from '../contract.js';

type Draft = { -readonly [K in keyof Impairment]: Impairment[K] };

/** Words still to be read; `optional` takes the next one only when it fits. */
class Words {
  private at = 0;
  constructor(private readonly words: readonly string[]) {}

  get done(): boolean {
    return this.at >= this.words.length;
  }
  next(): string {
    const word = this.words[this.at++];
    if (word === undefined) throw bad(`"${this.words.join(' ')}" ends too early`);
    return word;
  }
  optional(pattern: RegExp): string | undefined {
    const word = this.words[this.at];
    if (word === undefined || !pattern.test(word)) return undefined;
    this.at++;
    return word;
  }
}

const duration = /^\d+(\.\d+)?(usecs?|us|msecs?|ms|secs?|s)$/;
const wholeWord = /^-?\d{1,6}$/;
const percent = /^\d+(\.\d+)?%$/;

/** Each keyword of tc-netem(8) that a link can be described with. */
const keywords: Readonly<Record<string, (words: Words, draft: Draft) => void>> = {
  limit: (words, draft) => {
    draft.queuePackets = wholeNumber(words.next());
  },
  delay: (words, draft) => {
    draft.delayMicros = parseDuration(words.next());
    const jitter = words.optional(duration);
    if (jitter === undefined) return;
    draft.jitterMicros = parseDuration(jitter);
    const correlation = words.optional(percent);
    if (correlation !== undefined) draft.jitterCorrelation = parseShare(correlation);
  },
  distribution: (words, draft) => {
    draft.jitterDistribution = shapeOf(words.next());
  },
  loss: (words, draft) => {
    const model = words.optional(/^(gemodel|state|random)$/);
    if (model === 'gemodel' || model === 'state') {
      draft.gilbertElliott = model === 'state' ? fourStates(words) : twoStates(words);
      return;
    }
    draft.loss = parseShare(words.next());
    const correlation = words.optional(percent);
    if (correlation !== undefined) draft.lossCorrelation = parseShare(correlation);
  },
  reorder: (words, draft) => {
    draft.reorder = parseShare(words.next());
    const correlation = words.optional(percent);
    if (correlation !== undefined) draft.reorderCorrelation = parseShare(correlation);
  },
  gap: (words, draft) => {
    draft.reorderGap = wholeNumber(words.next());
  },
  duplicate: (words, draft) => {
    draft.duplicate = parseShare(words.next());
  },
  corrupt: (words, draft) => {
    draft.corrupt = parseShare(words.next());
  },
  rate: (words, draft) => {
    draft.rateBits = parseBitRate(words.next());
    const [packetBytes = 0, cellBytes = 0, cellOverheadBytes = 0] = [0, 1, 2].flatMap(() => {
      const word = words.optional(wholeWord);
      return word === undefined ? [] : Number(word);
    });
    if (cellBytes < 0 || cellBytes + cellOverheadBytes < 0) throw bad('a cell of "rate" has less than no bytes');
    if (packetBytes !== 0 || cellBytes !== 0) draft.rateOverhead = { packetBytes, cellBytes, cellOverheadBytes };
  },
  slot: (words, draft) => {
    draft.slot = { ...slotWait(words), ...slotLimits(words) };
  },
  ecn: () => {
    throw bad('"ecn" marks packets instead of dropping them, which this link does not', 'leave it out: it drops them');
  },
};

function shapeOf(word: string): NonNullable<Impairment['jitterDistribution']> {
  if (word !== 'uniform' && word !== 'normal' && word !== 'pareto') {
    throw bad(`"${word}" is not a distribution; known are uniform, normal, pareto`);
  }
  return word;
}

type Slot = NonNullable<Impairment['slot']>;

/** `MIN [MAX]`, or `distribution SHAPE WAIT JITTER`. */
function slotWait(words: Words): Pick<Slot, 'waitMicros' | 'jitterMicros' | 'distribution'> {
  if (words.optional(/^distribution$/) !== undefined) {
    const distribution = shapeOf(words.next());
    const [waitMicros, jitterMicros] = [parseDuration(words.next()), parseDuration(words.next())];
    return { waitMicros, jitterMicros, distribution };
  }
  const least = parseDuration(words.next());
  const second = words.optional(duration);
  const most = second === undefined ? least : parseDuration(second);
  if (most < least) throw bad(`"slot" waits at least ${least} µs and at most ${most} µs, which is less`);
  return { waitMicros: (least + most) / 2, ...(most > least ? { jitterMicros: (most - least) / 2 } : {}) };
}

function slotLimits(words: Words): Pick<Slot, 'packets' | 'bytes'> {
  const limits: { packets?: number; bytes?: number } = {};
  for (let word = words.optional(/^(packets|bytes)$/); word !== undefined; word = words.optional(/^(packets|bytes)$/)) {
    const value = wholeNumber(words.next());
    // 0 is no limit, in netem too.
    if (value > 0) limits[word as 'packets' | 'bytes'] = value;
  }
  return limits;
}

/** Shares in their order; what is missing at the end is as tc-netem(8) says. */
function shares(words: Words, most: number): number[] {
  const found = [parseShare(words.next())];
  for (let word = words.optional(percent); word !== undefined; word = words.optional(percent))
    found.push(parseShare(word));
  if (found.length > most) throw bad(`of ${found.length} shares in a row ${most} are known`);
  return found;
}

/** Gilbert-Elliott: p, r (1 - p), loss in the bad state (1) and in the good one (0). */
function twoStates(words: Words): NonNullable<Impairment['gilbertElliott']> {
  const [p = 0, r = 1 - p, oneMinusH = 1, oneMinusK = 0] = shares(words, 4);
  return { p, r, oneMinusH, oneMinusK };
}

/**
 * p13, p31 (1 - p13), p32, p23, p14. Without the last three its states are two: all packets are received, or all are lost.
 * @throws MQB_LAB_PROFILE for four states
 */
function fourStates(words: Words): NonNullable<Impairment['gilbertElliott']> {
  const [p = 0, r = 1 - p, p32 = 0, , p14 = 0] = shares(words, 5);
  if (p32 === 0 && p14 === 0) return { p, r, oneMinusH: 1, oneMinusK: 0 };
  throw bad(
    '"loss state" with p32 or p14 has four states, and this link has two',
    'loss gemodel p r 1-h 1-k has a loss of its own in each of them',
  );
}

/**
 * An impairment from tc-netem(8)'s words, e.g. `delay 15ms 3ms distribution normal loss 1%`: the other way round than
 * {@link netemText}.
 * @throws MQB_LAB_PROFILE naming the word that is not understood
 */
export function parseNetem(text: string): Impairment {
  const draft: Draft = {};
  const words = new Words(text.split(/\s+/).filter(Boolean));
  while (!words.done) {
    const word = words.next();
    const read = Object.hasOwn(keywords, word) ? keywords[word] : undefined;
    if (!read) throw bad(`"${word}" is not one of ${Object.keys(keywords).join(', ')}`);
    read(words, draft);
  }
  return draft;
}

function wholeNumber(word: string): number {
  if (!/^\d{1,9}$/.test(word)) throw bad(`"${word}" is not a whole number`);
  return Number(word);
}

function bad(
  what: string,
  hint = 'write it as tc-netem(8) does, e.g. "delay 15ms 3ms loss 1% rate 10mbit"',
): MqbenchError {
  return new MqbenchError('MQB_LAB_PROFILE', `not understood in a description of a link: ${what}`, {
    exitCode: exitCodes.usage,
    hint,
  });
}
