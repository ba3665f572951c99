// A fleet that publishes with QoS 1 to topics that nobody reads: at a rate on a fixed schedule, where a late acknowledgement counts
// from when its message was due, or in a closed loop. What it costs either side, and how long acknowledgements take.

import { readMachine } from '../../../dist/run/usage/machine.js';
import { cpuOf } from '../../../dist/run/usage/proc.js';
import { messages, openBroker, planFor, sleep, spent, startLoad } from './setting.mjs';

/**
 * @param params.server `mqbench`, or a broker of others (peers/brokers.mjs)
 * @param params.perSecond over all clients; absent: a closed loop
 * @param params.quic settings of the clients' QUIC (docs/quic.md); absent: what a command gives them
 * @returns `rate` acknowledged per second of those `offered`; processor time per acknowledged message in microseconds and in cores, of broker, generator
 *   and the whole machine; the kernel's share of it; latencies to PUBACK, milliseconds
 */
export async function measure({
  server = 'mqbench',
  transport,
  clients = 1_000,
  inflight = 10,
  bytes = 256,
  ...params
}) {
  const { perSecond, quic, warmMillis, measuredMillis } = params;
  const broker = await openBroker(server, transport);
  try {
    const publish = { topic: 'bench/%c', qos: 1, inflight, ...messages(bytes, perSecond) };
    const plan = planFor(broker, { clients, connectRate: Math.min(1_000, clients * 5), publish });
    const load = await startLoad({ ...plan, target: { ...plan.target, ...(quic === undefined ? {} : { quic }) } });
    try {
      const { connected } = await load.connectAll();
      if (connected < clients) throw new Error(`only ${connected} of ${clients} clients could connect to ${server}`);
      await load.startPublishing();
      await sleep(warmMillis);
      const read = async () => ({ load: (await load.use())[0], broker: cpuOf(broker.pid), machine: readMachine() });
      const before = await read();
      const from = await load.window('measured');
      await sleep(measuredMillis);
      const to = await load.window(null);
      const after = await read();
      await load.stopPublishing();
      await load.drain(5e6);
      const { windows, counters } = await load.collect();
      return {
        ...figures(windows.measured, before, after, to - from),
        offered: perSecond,
        lost: counters['connections.lost'] ?? 0,
      };
    } finally {
      await load.close({ abort: true });
    }
  } finally {
    await broker.close();
  }
}

function figures({ values, distributions }, before, after, micros) {
  const rate = values['rate.achieved'];
  const acknowledged = (rate * micros) / 1e6;
  const broker = spent(before.broker, after.broker);
  const generator = spent(before.load, after.load);
  const machine = after.machine.busyMicros - before.machine.busyMicros;
  const { p50, p95, p99 } = distributions['publish.ack'];
  return {
    rate,
    brokerMicros: broker.all / acknowledged,
    generatorMicros: generator.all / acknowledged,
    machineMicros: machine / acknowledged,
    brokerKernel: broker.kernel / broker.all,
    generatorKernel: generator.kernel / generator.all,
    brokerCores: broker.all / micros,
    generatorCores: generator.all / micros,
    ...{ p50: p50 / 1000, p95: p95 / 1000, p99: p99 / 1000 },
    lateP99: (distributions['publish.late']?.p99 ?? Number.NaN) / 1000,
  };
}
