// QUIC and TCP under the same steady load: 20,000 QoS 1 messages/s offered by 1,000 clients on a fixed schedule, and what
// the broker and the generator spend on it. Then how much more QUIC carries in a closed loop.
import { readMachine } from '../../dist/run/usage/machine.js';
import { messages, openBroker, planFor, row, sleep, spentCores, startLoad } from './setting.mjs';

const clients = 1_000;
const offered = 20_000;
const warmMillis = 3_000;
const measuredMillis = 6_000;
/** Clients announce 80 ms and hold packets with nothing but an ACK for 75 (docs/quic.md, "Settings"). */
const heldAcks = { ackDelayMs: 80, holdAcksMs: 75 };

/** @returns the measured window's metrics, and the cores that the generator, the broker and the whole machine used in it */
async function measure(transport, publish, quic) {
  const broker = await openBroker(transport);
  try {
    const plan = planFor(transport, broker, {
      clients,
      connectRate: 1_000,
      publish: { topic: 'bench/%c', qos: 1, ...publish },
    });
    const load = await startLoad({ ...plan, target: { ...plan.target, ...(quic === undefined ? {} : { quic }) } });
    try {
      await load.connectAll();
      await load.startPublishing();
      await sleep(warmMillis);
      const before = [(await load.use())[0], await broker.stats()];
      const idle = readMachine();
      const from = await load.window('measured');
      await sleep(measuredMillis);
      const to = await load.window(null);
      const after = [(await load.use())[0], await broker.stats()];
      const machine = (readMachine().busyMicros - idle.busyMicros) / (to - from);
      await load.stopPublishing();
      await load.drain(5e6);
      const { windows } = await load.collect();
      const cores = before.map((use, side) => spentCores(use, after[side], to - from));
      return { metrics: windows.measured, generator: cores[0], broker: cores[1], machine };
    } finally {
      await load.close({ abort: true });
    }
  } finally {
    await broker.close();
  }
}

const note = ({ generator, broker, machine }) =>
  `cores used: generator ${generator.toFixed(2)}, broker ${broker.toFixed(2)}, whole machine ${machine.toFixed(2)}`;

async function closedLoop(inflight, target) {
  const reached = await measure('quic', { inflight, ...messages(256) }, undefined);
  const what = `QoS 1, QUIC, 1,000 clients, inflight ${inflight}, 256 B`;
  return row(what, '/s', target, reached.metrics.values['rate.achieved'], true, note(reached));
}

export async function steady() {
  const closed = [await closedLoop(1, 32_000)];
  const tcp = await measure('tcp', { inflight: 10, ...messages(256, offered) });
  const quic = await measure('quic', { inflight: 10, ...messages(256, offered) }, heldAcks);
  const acked = ({ metrics }) => metrics.values['rate.achieved'];
  const p95Millis = ({ metrics }) => metrics.distributions['publish.ack'].p95 / 1000;
  const cores = ({ generator, broker }) => generator + broker;
  const load = `${clients.toLocaleString('en-US')} clients offer 20,000/s`;
  const beside = `TCP: ${note(tcp)}; QUIC: ${note(quic)}`;
  return [
    ...closed,
    // A fixed schedule offers exactly the rate; half a percent is the grain of when a window is cut.
    row(`QoS 1, QUIC, ${load}: acknowledged`, '/s', offered * 0.995, acked(quic), true, note(quic)),
    row(`QoS 1, QUIC, ${load}: P95 to PUBACK`, 'ms', 8, p95Millis(quic), false, `TCP: ${p95Millis(tcp).toFixed(2)} ms`),
    row(`QoS 1, ${load}: CPU of QUIC over TCP, both processes`, 'x', 1.7, cores(quic) / cores(tcp), false, beside),
    // With the interrupts and softirqs in which the kernel works for TCP, and which no process is billed for.
    row(`QoS 1, ${load}: CPU of QUIC over TCP, whole machine`, 'x', 1.7, quic.machine / tcp.machine, false, beside),
  ];
}
