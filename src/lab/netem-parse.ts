import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { parseBitRate, parseDuration, parseShare } from '../base/units.js';
import type { Impairment } from './contract.js';

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

const duration = /^\d+(\.\d+)?(us|ms|s)$/;
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
    const shape = words.next();
    if (shape !== 'uniform' && shape !== 'normal' && shape !== 'pareto') {
      throw bad(`"${shape}" is not a distribution; known are uniform, normal, pareto`);
    }
    draft.jitterDistribution = shape;
  },
  loss: (words, draft) => {
    if (words.optional(/^gemodel$/) !== undefined) {
      const [p, r, oneMinusH, oneMinusK] = [1, 0, 1, 0].map((missing, i) => {
        const word = i === 0 ? words.next() : words.optional(percent);
        return word === undefined ? missing : parseShare(word);
      }) as [number, number, number, number];
      draft.gilbertElliott = { p, r, oneMinusH, oneMinusK };
      return;
    }
    words.optional(/^random$/);
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
  },
};

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

function bad(what: string): MqbenchError {
  return new MqbenchError('MQB_LAB_PROFILE', `not understood in a description of a link: ${what}`, {
    exitCode: exitCodes.usage,
    hint: 'write it as tc-netem(8) does, e.g. "delay 15ms 3ms loss 1% rate 10mbit"',
  });
}
