// QoS 1 in a closed loop without subscribers: one generator process against one broker process.
import { messages, openBroker, planFor, row, sleep, startLoad } from './setting.mjs';

const cases = [
  { transport: 'tcp', name: 'TCP', target: 100_000 },
  { transport: 'tls', name: 'TLS 1.3', target: 80_000 },
  { transport: 'quic', name: 'QUIC', target: 90_000 },
];
const warmMillis = 2_000;
const measuredMillis = 5_000;

async function measure({ transport, name, target }) {
  const broker = await openBroker(transport);
  const publish = { topic: 'bench/%c', qos: 1, ...messages(256), inflight: 10 };
  const plan = planFor(transport, broker, { clients: 1_000, connectRate: 1_000, publish });
  const load = await startLoad(plan);
  try {
    await load.connectAll();
    await load.startPublishing();
    await sleep(warmMillis);
    const cpu = [await load.use(), await broker.stats()];
    await load.window('measured');
    await sleep(measuredMillis);
    await load.window(null);
    const later = [await load.use(), await broker.stats()];
    await load.stopPublishing();
    await load.drain(5e6);
    const { windows } = await load.collect();
    const spent = (a, b) =>
      (b.cpuUserMicros + b.cpuSystemMicros - a.cpuUserMicros - a.cpuSystemMicros) / (measuredMillis * 1000);
    const cores = [spent(cpu[0][0], later[0][0]), spent(cpu[1], later[1])].map((share) => share.toFixed(2));
    const note = `cores used: generator ${cores[0]}, broker ${cores[1]}`;
    return row(
      `QoS 1, ${name}, 1,000 clients, inflight 10, 256 B`,
      '/s',
      target,
      windows.measured.values['rate.achieved'],
      true,
      note,
    );
  } finally {
    await load.close({ abort: true });
    await broker.close();
  }
}

export async function throughput() {
  const rows = [];
  for (const each of cases) rows.push(await measure(each));
  return rows;
}
