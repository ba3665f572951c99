// How fast one generator process writes and parses QoS 0 messages of 64 B, with nothing else in the way.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { recordNanoseconds } from './recording.mjs';
import { messages as messagesOf, row, sleep, startLoad } from './setting.mjs';

const measuredMillis = 4_000;
const topic = 'bench/sink';
/** PUBLISH of QoS 0 in MQTT 3.1.1: fixed header, length of the topic, topic, payload; no packet identifier. */
const packetBytes = 2 + 2 + topic.length + 64;

function serve(role) {
  const child = fork(fileURLToPath(new URL('./sink.mjs', import.meta.url)), [role]);
  return new Promise((resolve, reject) => {
    const arrived = async () => {
      const answer = once(child, 'message');
      child.send('arrived');
      return (await answer)[0].arrived;
    };
    child.once('message', ({ port }) => resolve({ port, arrived, end: () => child.disconnect() }));
    child.once('exit', (code) => reject(new Error(`the ${role} ended with ${code}`)));
  });
}

/** @returns messages per second by the generator's count and by the bytes that a sink got, and the generator's cores */
async function measure(role, over, count) {
  const server = await serve(role);
  const load = await startLoad({
    target: { transport: 'tcp', hosts: [{ host: '127.0.0.1', port: server.port }] },
    clients: 20,
    connectRate: 200,
    localAddresses: [],
    clientIdPrefix: 'bench-',
    mqttVersion: 4,
    keepaliveSeconds: 0,
    clean: true,
    dialTimeoutMicros: 10e6,
    deadAfterMicros: 60e6,
    seed: 1,
    warmupClients: 0,
    ...over,
  });
  try {
    await load.connectAll();
    if (over.publish !== undefined) await load.startPublishing();
    await sleep(1_500);
    const [before] = await load.use();
    const from = await load.window('measured');
    const firstBytes = await server.arrived();
    const readFrom = performance.now();
    await sleep(measuredMillis);
    const to = await load.window(null);
    const bytes = (await server.arrived()) - firstBytes;
    const readSeconds = (performance.now() - readFrom) / 1000;
    const [after] = await load.use();
    if (over.publish !== undefined) await load.stopPublishing();
    const { windows } = await load.collect();
    const seconds = (to - from) / 1e6;
    const cores =
      (after.cpuUserMicros + after.cpuSystemMicros - before.cpuUserMicros - before.cpuSystemMicros) / (to - from);
    const rate = windows.measured.values[count] / seconds;
    return { rate, arrived: bytes / packetBytes / readSeconds, cores };
  } finally {
    await load.close({ abort: true });
    server.end();
  }
}

export async function messages() {
  const publish = { topic, qos: 0, ...messagesOf(64), inflight: 1 };
  const written = await measure('sink', { publish }, 'messages.sent');
  const subscribe = { topic: 'bench/source', qos: 0 };
  const parsed = await measure('source', { subscribe, anyRun: true }, 'messages.received');
  // Every message that arrives is recorded twice: in its measure window, and for the progress of the moment.
  const share = ((2 * recordNanoseconds()) / ((parsed.cores * 1e9) / parsed.rate)) * 100;
  // A message that was written and never arrived does not count.
  const rate = Math.min(written.rate, written.arrived);
  const note = ({ cores }) => `generator: ${cores.toFixed(2)} cores`;
  const round = (perSecond) => Math.round(perSecond).toLocaleString('en');
  const both = `${note(written)}; its count ${round(written.rate)}/s, the sink's ${round(written.arrived)}/s`;
  return [
    row('QoS 0 written by one process, 64 B, into a sink', '/s', 500_000, rate, true, both),
    row('QoS 0 parsed and measured by one process, 64 B', '/s', 400_000, parsed.rate, true, note(parsed)),
    row('recording, of the CPU per parsed message', '%', 10, share, false, '2 samples, at the cost of one in a loop'),
  ];
}
