import { type MqbenchError, usageError } from '../../base/errors.js';
import { definedOf } from '../../base/own.js';
import { parseBitRate, parseDuration, parseShare } from '../../base/units.js';
import type { Impairment } from '../contract.js';

/** Words still to be read; `maybe` takes the next one only when it fits. */
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
  maybe<T>(pattern: RegExp, read: (word: string) => T): T | undefined {
    const word = this.words[this.at];
    if (word === undefined || !pattern.test(word)) return undefined;
    this.at++;
    return read(word);
  }
}

const duration = (words: Words): number | undefined =>
  words.maybe(/^\d+(\.\d+)?(usecs?|us|msecs?|ms|secs?|s)$/, parseDuration);
const share = (words: Words): number | undefined => words.maybe(/^\d+(\.\d+)?%$/, parseShare);

/** Each keyword of tc-netem(8) that a link can be described with. */
const keywords: Readonly<Record<string, (words: Words) => Impairment>> = {
  limit: (words) => ({ queuePackets: wholeNumber(words.next()) }),
  delay: (words) => {
    const delayMicros = parseDuration(words.next());
    const jitterMicros = duration(words);
    return jitterMicros === undefined
      ? { delayMicros }
      : { delayMicros, jitterMicros, jitterCorrelation: share(words) };
  },
  distribution: (words) => ({ jitterDistribution: shapeOf(words.next()) }),
  loss: (words) => {
    const model = words.maybe(/^(gemodel|state|random)$/, String);
    if (model === 'gemodel') return { gilbertElliott: twoStates(words) };
    if (model === 'state') return { gilbertElliott: fourStates(words) };
    return { loss: parseShare(words.next()), lossCorrelation: share(words) };
  },
  reorder: (words) => ({ reorder: parseShare(words.next()), reorderCorrelation: share(words) }),
  gap: (words) => ({ reorderGap: wholeNumber(words.next()) }),
  duplicate: (words) => ({ duplicate: parseShare(words.next()) }),
  corrupt: (words) => ({ corrupt: parseShare(words.next()) }),
  rate: (words) => {
    const rateBits = parseBitRate(words.next());
    const whole = (): number => words.maybe(/^-?\d{1,6}$/, Number) ?? 0;
    const [packetBytes, cellBytes, cellOverheadBytes] = [whole(), whole(), whole()];
    if (cellBytes < 0 || cellBytes + cellOverheadBytes < 0) throw bad('a cell of "rate" has less than no bytes');
    if (packetBytes === 0 && cellBytes === 0) return { rateBits };
    return { rateBits, rateOverhead: { packetBytes, cellBytes, cellOverheadBytes } };
  },
  slot: (words) => ({ slot: { ...slotWait(words), ...slotLimits(words) } }),
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
  if (words.maybe(/^distribution$/, String)) {
    const distribution = shapeOf(words.next());
    return { distribution, waitMicros: parseDuration(words.next()), jitterMicros: parseDuration(words.next()) };
  }
  const least = parseDuration(words.next());
  const most = duration(words) ?? least;
  if (most < least) throw bad(`"slot" waits at least ${least} µs and at most ${most} µs, which is less`);
  return { waitMicros: (least + most) / 2, ...(most > least ? { jitterMicros: (most - least) / 2 } : {}) };
}

function slotLimits(words: Words): Pick<Slot, 'packets' | 'bytes'> {
  const limits: { packets?: number; bytes?: number } = {};
  for (;;) {
    const name = words.maybe(/^(packets|bytes)$/, (word) => word as 'packets' | 'bytes');
    if (name === undefined) return limits;
    const value = wholeNumber(words.next());
    if (value > 0) limits[name] = value; // 0 is no limit, in netem too
  }
}

/** Shares in their order; what is missing at the end is as tc-netem(8) says. */
function shares(words: Words, most: number): number[] {
  const found = [parseShare(words.next())];
  for (let next = share(words); next !== undefined; next = share(words)) found.push(next);
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
  const impairment: Impairment = {};
  const words = new Words(text.split(/\s+/).filter(Boolean));
  while (!words.done) {
    const word = words.next();
    const read = Object.hasOwn(keywords, word) ? keywords[word] : undefined;
    if (!read) throw bad(`"${word}" is not one of ${Object.keys(keywords).join(', ')}`);
    Object.assign(impairment, read(words));
  }
  return definedOf(impairment);
}

function wholeNumber(word: string): number {
  if (!/^\d{1,9}$/.test(word)) throw bad(`"${word}" is not a whole number`);
  return Number(word);
}

const write = 'write it as tc-netem(8) does, e.g. "delay 15ms 3ms loss 1% rate 10mbit"';
const bad = (what: string, hint = write): MqbenchError =>
  usageError('MQB_LAB_PROFILE', `not understood in a description of a link: ${what}`, hint);
