// What recording one sample costs, and what writing one PUBLISH costs, beside the libraries' own ways.
import { build } from 'hdr-histogram-js';
import { generate } from 'mqtt-packet';
import { built } from './build.mjs';

const { Histogram } = await built('metrics/histogram.js');
const { PublishTemplate } = await built('mqtt/codec/publish-template.js');
const { Outbox } = await built('mqtt/session/outbox.js');

const values = Float64Array.from({ length: 4096 }, (_, i) => 200 + ((i * 7919) % 60_000) + 0.3);

/** Nanoseconds per call, the best of five rounds: the others were disturbed. */
function nanoseconds(calls, body) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    const began = performance.now();
    body(calls);
    best = Math.min(best, ((performance.now() - began) * 1e6) / calls);
  }
  return best;
}

/**
 * @param params.callsShare of the calls that a figure to be printed is taken from
 * @returns nanoseconds for recording a sample and for writing a PUBLISH of 64 B: ours, and those of the libraries
 */
export async function measure({ callsShare = 1 }) {
  const histogram = new Histogram();
  const record = nanoseconds(2_000_000 * callsShare, (calls) => {
    for (let i = 0; i < calls; i++) histogram.record(values[i & 4095]);
  });
  const theirs = build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 0xffff_ffff,
    numberOfSignificantValueDigits: 3,
  });
  const library = nanoseconds(500_000 * callsShare, (calls) => {
    for (let i = 0; i < calls; i++) theirs.recordValue(Math.round(values[i & 4095]));
  });
  const out = new Outbox();
  const payload = Buffer.alloc(64, 'x');
  const template = new PublishTemplate({
    topic: 'bench/client-123',
    qos: 1,
    version: 4,
    payload,
    stamp: { run: 1, publisher: 2, slot: 0 },
  });
  const write = nanoseconds(1_000_000 * callsShare, (calls) => {
    for (let i = 0; i < calls; i++) {
      template.append(out, (i & 0xfff) + 1, i, 1e12 + i, false);
      if ((i & 15) === 15) out.take();
    }
  });
  const packet = {
    cmd: 'publish',
    topic: 'bench/client-123',
    qos: 1,
    dup: false,
    retain: false,
    messageId: 7,
    payload,
  };
  const generated = nanoseconds(200_000 * callsShare, (calls) => {
    for (let i = 0; i < calls; i++) generate(packet);
  });
  return { record, library, write, generated };
}
