// Messages: 1,000 clients with QoS 1, nobody reads them.
import { bothEnds, cores, heldAcks, loadSeconds } from '../words.mjs';

const load = '1,000 clients, 20,000 QoS 1/s';
const millis = (...cells) => cells.map((one) => one.toFixed(2)).join(' against ');
const micros = (...cells) => `${cells.map((one) => one.toFixed(1)).join(' against ')} µs`;

/** The latencies and costs of two brokers beside each other, as rows. */
const cpuRow = (name, peer, target) => ({
  ...{
    what: `broker, ${load} over ${name}: CPU per message, against ${peer}`,
    unit: 'x',
    target,
    from: ['ours', peer],
  },
  ...{ of: (ours, theirs) => ours.brokerMicros / theirs.brokerMicros },
  note: (ours, theirs) => micros(ours.brokerMicros, theirs.brokerMicros),
});
const latencyRow = (name, percentile, target) => ({
  what: `… ${percentile.toUpperCase()} to PUBACK over ${name}, against mosquitto`,
  ...{ unit: 'x', target, from: ['ours', 'mosquitto'], of: (ours, theirs) => ours[percentile] / theirs[percentile] },
  note: (ours, theirs) => `${millis(ours[percentile], theirs[percentile])} ms; ${cores(ours)}`,
});

export const sections = ({ warmMillis, measuredMillis }) => {
  const times = { warmMillis, measuredMillis };
  const seconds = loadSeconds(times);
  const cell = (transport, over, needs) => ({
    ...{ measure: 'load', params: { transport, ...times, ...over }, seconds, needs },
  });
  const steady = (transport, server, needs) => cell(transport, { server, perSecond: 20_000 }, needs);
  const latency = (percentile) => latencyRow('TCP', percentile, 1.5);
  return [
    {
      name: 'tcp',
      cells: {
        ours: steady('tcp', 'mqbench'),
        mosquitto: steady('tcp', 'mosquitto', 'mosquitto'),
        'nats-server': steady('tcp', 'nats-server', 'nats-server'),
      },
      rows: [
        cpuRow('TCP', 'mosquitto', 1.3),
        latency('p95'),
        latency('p99'),
        cpuRow('TCP', 'nats-server'),
        {
          ...{ what: `generator, ${load} over TCP: CPU per message`, unit: 'µs', target: 22, from: ['ours'] },
          ...{ of: (ours) => ours.generatorMicros },
          note: ({ generatorKernel }) => `${(generatorKernel * 100).toFixed(0)} % of it kernel`,
        },
      ],
    },
    {
      name: 'tls',
      cells: { ours: steady('tls', 'mqbench'), mosquitto: steady('tls', 'mosquitto', 'mosquitto') },
      rows: [cpuRow('TLS', 'mosquitto', 1.5), latencyRow('TLS', 'p95'), latencyRow('TLS', 'p99')],
    },
    {
      name: 'quic',
      cells: {
        quic: cell('quic', { quic: heldAcks, perSecond: 20_000 }),
        tcp: cell('tcp', { perSecond: 20_000 }),
      },
      rows: [
        {
          ...{ what: `QUIC, ${load}, both ends: CPU per message, against TCP`, unit: 'x', target: 1.25 },
          ...{ from: ['quic', 'tcp'], of: (quic, tcp) => bothEnds(quic) / bothEnds(tcp) },
          note: (quic, tcp) =>
            `${micros(bothEnds(quic), bothEnds(tcp))}; whole machine ${(quic.machineMicros / tcp.machineMicros).toFixed(2)} x`,
        },
        {
          ...{ what: '… P95 to PUBACK', unit: 'ms', target: 3, from: ['quic', 'tcp'], of: (quic) => quic.p95 },
          note: (quic, tcp) => `TCP ${tcp.p95.toFixed(2)} ms; ${cores(quic)}`,
        },
        {
          ...{ what: '… cores of the role that needs more', unit: 'cores', target: 0.6, from: ['quic'] },
          of: ({ brokerCores, generatorCores }) => Math.max(brokerCores, generatorCores),
        },
      ],
    },
    {
      name: 'defaults',
      cells: { quic: cell('quic', { perSecond: 10_000 }), tcp: cell('tcp', { perSecond: 10_000 }) },
      rows: [
        {
          what: 'QUIC as `pub quic://` has it, 1,000 clients, 10,000/s: P95 to PUBACK, against TCP',
          ...{ unit: 'x', target: 3, from: ['quic', 'tcp'], of: (quic, tcp) => quic.p95 / tcp.p95 },
          note: (quic, tcp) =>
            `${millis(quic.p95, tcp.p95)} ms; ${cores(quic)}; P99 of how late sends were ${quic.lateP99.toFixed(2)} ms`,
        },
      ],
    },
    {
      name: 'closed',
      cells: { quic: cell('quic', {}), tcp: cell('tcp', {}) },
      rows: [
        {
          ...{
            what: 'QUIC, closed loop, 1,000 clients, inflight 10: rate, against TCP',
            unit: 'x',
            target: 0.8,
            least: true,
          },
          ...{ from: ['quic', 'tcp'], of: (quic, tcp) => quic.rate / tcp.rate },
          note: (quic, tcp) => `${Math.round(quic.rate)} against ${Math.round(tcp.rate)}/s; ${cores(quic)}`,
        },
      ],
    },
    {
      name: 'stranger',
      cells: { mqttv5: cell('quic', { server: 'mqttv5', perSecond: 10_000 }, 'mqttv5') },
      rows: [
        {
          ...{
            what: 'QUIC generator, 1,000 clients, 10,000/s to the broker of mqttv5: P99, against its P50',
            unit: 'x',
          },
          ...{
            target: 10,
            from: ['mqttv5'],
            of: ({ p50, p99 }) => p99 / p50,
            note: ({ p50, p99 }) => `${millis(p99, p50)} ms`,
          },
        },
      ],
    },
  ];
};
