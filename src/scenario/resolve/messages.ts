import { resolve } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { meanOf } from '../../base/numbers/distribution.js';
import { readBytes } from '../../base/read-file.js';
import { formatSize } from '../../base/units.js';
import { drawnPayload, gapsOf } from '../../plan/distribution.js';
import { usualHookTimeout, usualPayload } from '../../plan/limits.js';
import type { OpenLoop, Payload, RateShape } from '../../plan/plan.js';
import { highestRate, type RateStage } from '../../plan/stages.js';
import type { SinglePublish, WrongField } from './load.js';

// What messages are made of, and how their rate runs over time.

const ownPayloads = ['message', 'template', 'payloadFile', 'hook'] as const;
/** A payload stands in the result, with the scenario as it was run. */
const largestFile = 1_000_000;

/** @param folder that files are seen from */
export function payloadOf(publish: SinglePublish, folder: string, wrong: WrongField): Payload {
  const { payload, message, template: text, payloadFile, hook, hookTimeout } = publish;
  if (text !== undefined) return { kind: 'template', text };
  if (message !== undefined) return { kind: 'bytes', base64: Buffer.from(message).toString('base64') };
  if (hook !== undefined)
    return { kind: 'hook', file: resolve(folder, hook), timeoutMicros: hookTimeout ?? usualHookTimeout };
  if (payloadFile === undefined) return fillerOf(payload);
  try {
    const read = readBytes(folder, payloadFile);
    if (read.length > largestFile)
      wrong(
        ['publish', 'payloadFile'],
        `has ${formatSize(read.length)}; at most ${formatSize(largestFile)} are taken: payload makes any size`,
      );
    return { kind: 'bytes', base64: read.toString('base64') };
  } catch (error) {
    wrong(['publish', 'payloadFile'], messageOf(error));
    return fillerOf(payload);
  }
}

const fillerOf = (payload: SinglePublish['payload']): Payload =>
  typeof payload === 'number' ? { kind: 'filler', bytes: payload } : drawnPayload(payload.sizes);

/** Whether mqbench makes the payload, with room for what messages are measured by. */
export const isOwnMaking = (publish: SinglePublish): boolean => ownPayloads.every((one) => publish[one] === undefined);

/** How a rate runs over time, and when clients begin. */
export function overTime(publish: SinglePublish): Pick<OpenLoop, 'shape' | 'firstWait' | 'gaps'> {
  const { stages, ramp, burst, firstWait, interval, arrivals } = publish;
  const gaps = gapsOf({ intervals: typeof interval === 'object' ? interval : undefined, arrivals });
  const wait = firstWait && { firstWait: { minMicros: firstWait.min, maxMicros: firstWait.max } };
  const shape = shapeOf(stagesIn(stages), ramp, burst);
  return { ...(shape && { shape }), ...gaps, ...wait };
}

function shapeOf(
  stages: RateStage[] | undefined,
  ramp: SinglePublish['ramp'],
  burst: number | undefined,
): RateShape | undefined {
  if (stages) return { kind: 'stages', stages };
  if (ramp) return { kind: 'ramp', fromPerSecond: ramp.from, overMicros: ramp.over };
  return burst === undefined ? undefined : { kind: 'burst', size: burst };
}

export const stagesIn = (stages: SinglePublish['stages']): RateStage[] | undefined =>
  stages?.map(({ over, to }) => ({ overMicros: over, toPerSecond: to }));

/** The full rate; undefined in a closed loop. @param publishers how many clients publish */
export function fullRate({ rate, interval, stages }: SinglePublish, publishers: number): number | undefined {
  const list = stagesIn(stages);
  if (list) return highestRate(list);
  const between = typeof interval === 'object' ? meanOf(interval) : interval;
  return rate ?? (between ? (publishers * 1e6) / between : undefined);
}

/** What of messages cannot be together. @param heard whether messages are measured where they arrive */
export function checkMessages(publish: SinglePublish, heard: boolean, wrong: WrongField): void {
  const at = (field: string, says: string): void => wrong(['publish', field], says, true);
  const own = ownPayloads.filter((one) => publish[one] !== undefined);
  const [first] = own;
  if (own.length > 1) at(own[1] as string, `and ${first} are several payloads: give one`);
  // The usual one may not have been written at all.
  if (first && publish.payload !== usualPayload)
    at('payload', `is of mqbench's making, and ${first} is another payload: leave one out`);
  if (first && heard && publish.stamp !== 'property')
    at(
      first,
      'has no room for the mark by which messages are measured where they arrive: add stamp: property (with mqttVersion: 5), or give payload',
    );
  if (publish.payloadFormatIndicator && !first)
    at(
      'payloadFormatIndicator',
      'says that the payload is UTF-8, and the one mqbench makes is not: give message, template, payloadFile or hook',
    );
  if (publish.hookTimeout !== undefined && publish.hook === undefined)
    at('hookTimeout', 'is of a hook, and there is none');
  const shapes = (['stages', 'ramp', 'burst'] as const).filter((one) => publish[one] !== undefined);
  if (shapes.length > 1) at(shapes[1] as string, `and ${shapes[0]} are several shapes of one rate: give one`);
  const isClosed = fullRate(publish, 1) === undefined;
  for (const field of ['ramp', 'burst', 'firstWait'] as const)
    if (isClosed && publish[field] !== undefined)
      at(field, 'is of messages that are due at set times: give a rate or an interval');
  if (publish.firstWait && publish.firstWait.max < publish.firstWait.min)
    wrong(['publish', 'firstWait', 'max'], 'must not be shorter than min');
}
