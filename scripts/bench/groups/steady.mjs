// QUIC and TCP under the same steady load: 20,000 QoS 1 messages/s offered by 1,000 clients on a fixed schedule, and what the
// broker and the generator spend on it.
import { bothEnds, cores, heldAcks, loadSeconds } from './words.mjs';

const offered = 20_000;
const load = '1,000 clients offer 20,000/s';

export const sections = ({ warmMillis, measuredMillis }) => {
  const times = { warmMillis, measuredMillis };
  const seconds = loadSeconds(times);
  const steady = { perSecond: offered, ...times };
  const beside = (quic, tcp) => `QUIC: ${cores(quic)}; TCP: ${cores(tcp)}`;
  return [
    {
      name: 'quic',
      cells: {
        tcp: { measure: 'load', params: { transport: 'tcp', ...steady }, seconds },
        quic: { measure: 'load', params: { transport: 'quic', quic: heldAcks, ...steady }, seconds },
      },
      rows: [
        {
          // A fixed schedule offers exactly the rate; half a percent is the grain of when a window is cut.
          ...{ what: `QoS 1, QUIC, ${load}: acknowledged`, unit: '/s', target: offered * 0.995, least: true },
          ...{ from: ['quic'], of: (quic) => quic.rate, note: cores },
        },
        {
          ...{ what: `QoS 1, QUIC, ${load}: P95 to PUBACK`, unit: 'ms', target: 8, from: ['quic', 'tcp'] },
          ...{ of: (quic) => quic.p95, note: (_, tcp) => `TCP: ${tcp.p95.toFixed(2)} ms` },
        },
        {
          ...{ what: `QoS 1, ${load}: CPU of QUIC over TCP, both processes`, unit: 'x', target: 1.7 },
          ...{ from: ['quic', 'tcp'], of: (quic, tcp) => bothEnds(quic) / bothEnds(tcp), note: beside },
        },
        {
          // With the interrupts and softirqs in which the kernel works for TCP, and which no process is billed for.
          ...{ what: `QoS 1, ${load}: CPU of QUIC over TCP, whole machine`, unit: 'x', target: 1.7 },
          ...{ from: ['quic', 'tcp'], of: (quic, tcp) => quic.machineMicros / tcp.machineMicros },
        },
      ],
    },
  ];
};
