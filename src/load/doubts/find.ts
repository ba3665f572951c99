import type { Doubt } from '../../result/types.js';
import { allRefused, clientsGone, clientsMissing } from './clients.js';
import { otherClock } from './clock.js';
import { connectsMissed, lateDials } from './connects.js';
import { notDelivered, notDrained } from './drained.js';
import { generatorBound, lateBoundaries, lateSends, loopDelay, receiveDropped } from './generator.js';
import type { DoubtInput } from './input.js';
import { closedLoop, leftOver, rateMissed, windowBacklog } from './rate.js';
import { fewSamples } from './samples.js';

/** What the generator itself knows against its numbers. */
export function findDoubts(input: DoubtInput): Doubt[] {
  if (allRefused(input)) return clientsMissing(input);
  return [
    ...clientsMissing(input),
    ...clientsGone(input),
    ...notDrained(input),
    ...notDelivered(input),
    ...lateDials(input),
    ...connectsMissed(input),
    ...lateSends(input),
    ...loopDelay(input),
    ...generatorBound(input),
    ...receiveDropped(input),
    ...(input.late === undefined ? rateMissed(input) : leftOver(input, input.late)),
    ...windowBacklog(input),
    ...closedLoop(input),
    ...otherClock(input),
    ...lateBoundaries(input),
    ...fewSamples(input),
  ];
}
