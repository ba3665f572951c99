// QoS 1 in a closed loop without subscribers: one generator process against one broker process.
import { cores, loadSeconds } from './words.mjs';

const cases = [
  { transport: 'tcp', name: 'TCP', inflight: 10, target: 100_000 },
  { transport: 'tls', name: 'TLS 1.3', inflight: 10, target: 80_000 },
  { transport: 'quic', name: 'QUIC', inflight: 10, target: 90_000 },
  { transport: 'quic', name: 'QUIC', inflight: 1, target: 32_000 },
];

export const sections = ({ warmMillis, measuredMillis }) =>
  cases.map(({ transport, name, inflight, target }) => ({
    name: `${transport}-${inflight}`,
    cells: {
      loop: {
        measure: 'load',
        params: { transport, inflight, warmMillis, measuredMillis },
        seconds: loadSeconds({ warmMillis, measuredMillis }),
      },
    },
    rows: [
      {
        ...{ what: `QoS 1, ${name}, 1,000 clients, inflight ${inflight}, 256 B`, unit: '/s', target, least: true },
        ...{ from: ['loop'], of: (cell) => cell.rate, note: cores },
      },
    ],
  }));
