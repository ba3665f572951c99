// How fast one generator process writes and parses QoS 0 messages of 64 B, with nothing else in the way.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { messages, planFor, sleep, spent, startLoad } from './setting.mjs';

const bytes = 64;
const topic = 'bench/sink';
/** PUBLISH of QoS 0 in MQTT 3.1.1: fixed header, length of the topic, topic, payload; no packet identifier. */
const packetBytes = 2 + 2 + topic.length + bytes;
const counts = { sink: 'messages.sent', source: 'messages.received' };
const work = {
  sink: { publish: { topic, qos: 0, ...messages(bytes), inflight: 1 } },
  source: { subscribe: { topic: 'bench/source', qos: 0 }, anyRun: true },
};

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

/**
 * @param params.role of the server: `sink` reads what is published, `source` publishes
 * @returns messages per second by the generator's count and by the bytes that the server got, and the generator's cores
 */
export async function measure({ role, warmMillis, measuredMillis }) {
  const server = await serve(role);
  const over = { clients: 20, connectRate: 200, keepaliveSeconds: 0, warmupClients: 0, ...work[role] };
  const load = await startLoad(planFor({ transport: 'tcp', port: server.port }, over));
  try {
    await load.connectAll();
    if (over.publish !== undefined) await load.startPublishing();
    await sleep(warmMillis);
    const [before] = await load.use();
    const from = await load.window('measured');
    const firstBytes = await server.arrived();
    const readFrom = performance.now();
    await sleep(measuredMillis);
    const to = await load.window(null);
    const arrived = (await server.arrived()) - firstBytes;
    const readSeconds = (performance.now() - readFrom) / 1000;
    const [after] = await load.use();
    if (over.publish !== undefined) await load.stopPublishing();
    const { windows } = await load.collect();
    return {
      rate: windows.measured.values[counts[role]] / ((to - from) / 1e6),
      arrived: arrived / packetBytes / readSeconds,
      cores: spent(before, after).all / (to - from),
    };
  } finally {
    await load.close({ abort: true });
    server.end();
  }
}
