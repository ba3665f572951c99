// What recording one sample costs, and what writing one PUBLISH costs, beside the libraries' own ways.
import { build } from 'hdr-histogram-js';
import { generate } from 'mqtt-packet';
import { Histogram } from '../../dist/metrics/histogram.js';
import { PublishTemplate } from '../../dist/mqtt/codec/publish-template.js';
import { Outbox } from '../../dist/mqtt/session/outbox.js';
import { row } from './setting.mjs';

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

/** What one Histogram.record costs here, in nanoseconds. */
export function recordNanoseconds() {
  const histogram = new Histogram();
  return nanoseconds(2_000_000, (calls) => {
    for (let i = 0; i < calls; i++) histogram.record(values[i & 4095]);
  });
}

export async function recording() {
  const theirs = build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 0xffff_ffff,
    numberOfSignificantValueDigits: 3,
  });
  const record = recordNanoseconds();
  const library = nanoseconds(500_000, (calls) => {
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
  const write = nanoseconds(1_000_000, (calls) => {
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
  const generated = nanoseconds(200_000, (calls) => {
    for (let i = 0; i < calls; i++) generate(packet);
  });
  return [
    // 100,000 acknowledgements/s with three samples each and a tenth of a core: 333 ns would be the limit.
    row('recording a sample', 'ns', 30, record, false, `hdr-histogram-js: ${library.toFixed(0)} ns`),
    row('writing a PUBLISH of 64 B', 'ns', 300, write, false, `mqtt-packet: ${generated.toFixed(0)} ns`),
  ];
}
