import type { Doubt } from '../../result/types.js';
import { allRefused, clientsGone, clientsMissing } from './clients.js';
import { connectsMissed, lateDials } from './connects.js';
import { notDelivered, notDrained } from './drained.js';
import { generatorBound, lateBoundaries, lateSends, loopDelay, receiveDropped } from './generator.js';
import type { DoubtInput } from './input.js';
import { closedLoop, rateMissed, windowBacklog } from './rate.js';
import { fewSamples, otherClock } from './samples.js';
import { slowReaders } from './slow-readers.js';

/** What the generator itself knows against its numbers; in this order. */
const rules: readonly ((input: DoubtInput) => Doubt[])[] = [
  clientsMissing,
  clientsGone,
  notDrained,
  notDelivered,
  lateDials,
  connectsMissed,
  lateSends,
  loopDelay,
  generatorBound,
  receiveDropped,
  rateMissed,
  windowBacklog,
  closedLoop,
  slowReaders,
  otherClock,
  lateBoundaries,
  fewSamples,
];

export function findDoubts(input: DoubtInput): Doubt[] {
  return allRefused(input) ? clientsMissing(input) : rules.flatMap((rule) => rule(input));
}
