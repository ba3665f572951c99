import { z } from 'zod';
import { armSchema } from '../language/arm.js';
import { brokerSchema } from '../language/broker.js';
import { eventSchema, windowSchema } from '../language/events.js';
import type { Mistakes } from '../language/mistakes.js';
import { fleetSchema, loadSchema, networkListSchema } from '../language/schema.js';
import { resolveArms } from './arms.js';
import { levelsOf } from './asked.js';
import { resolveBrokers } from './brokers.js';
import { wrongExpectations } from './expectations.js';
import { checkFleets, levelsOfAll } from './fleets.js';
import { resolveLoads } from './load.js';
import { resolveNetworks } from './networks.js';
import { checkTopicStreams } from './streams.js';
import { resolveTimeline, resolveWindows } from './timeline.js';

/**
 * What is wrong in the parts of a file whose form is right, when another part's is not: who mends a file wants to hear
 * of everything at once. Parts that need a wrong one are left out, what they mean is not known.
 */
export function checkParts(data: Readonly<Record<string, unknown>>, folder: string, mistakes: Mistakes): void {
  const part = <T extends z.ZodType>(schema: T, name: string): z.output<T> | undefined =>
    data[name] === undefined ? undefined : schema.safeParse(data[name]).data;
  const load = part(loadSchema, 'load');
  const arms = part(z.array(armSchema), 'arms');
  // Each by itself: the others are right where one is not.
  const written = Array.isArray(data.fleets) ? (data.fleets as unknown[]) : undefined;
  const fleets = written?.map((one) => fleetSchema.safeParse(one).data);
  const known = fleets?.filter((one) => one !== undefined);
  const levels = data.fleets === undefined ? load && levelsOf(load) : known && levelsOfAll(known, load ?? {});
  if (arms) resolveArms(arms, levels ?? {}, folder, mistakes);
  if (load && fleets) checkFleets(fleets, load, folder, mistakes);
  if (load && data.fleets === undefined) resolveLoads(load, folder, mistakes);
  if (arms && load && fleets?.length === known?.length) checkTopicStreams({ arms, load, fleets: known }, mistakes);
  const network = part(networkListSchema, 'network');
  resolveBrokers(part(z.array(brokerSchema), 'brokers'), network !== 'none', mistakes);
  if (network && network !== 'none') resolveNetworks(network, ['network'], mistakes);
  const timeline = data.timeline === undefined ? [] : part(z.array(eventSchema), 'timeline');
  const windows = part(z.array(windowSchema), 'measure');
  if (load && timeline) {
    const events = resolveTimeline(timeline, load.duration, network !== 'none', mistakes);
    resolveWindows(windows, events, load.duration, mistakes);
  }
  // Arms and windows may be among what is wrong: only the metrics are checked.
  for (const [index, { message }] of wrongExpectations(part(z.array(z.string()), 'expect') ?? [])) {
    mistakes.add(['expect', index], message);
  }
}
