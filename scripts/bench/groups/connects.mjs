import { connectSeconds, perSecond } from './words.mjs';

const cases = [
  { transport: 'tcp', name: 'TCP', offered: 6_000, rate: 2_000, generatorKb: 15, brokerKb: 25 },
  { transport: 'tls', name: 'TLS 1.3', offered: 900, rate: 700, generatorKb: 60, brokerKb: 45 },
  { transport: 'quic', name: 'QUIC', offered: 1_800, rate: 1_500, generatorKb: 60, brokerKb: 60 },
];

export const sections = ({ clients }) =>
  cases.map(({ transport, name, offered, rate, generatorKb, brokerKb }) => ({
    name: transport,
    cells: {
      connects: {
        measure: 'connects',
        params: { transport, clients, offered },
        seconds: connectSeconds(clients, rate),
      },
    },
    rows: [
      {
        ...{ what: `connects, ${name}, ${perSecond(clients)} clients`, unit: '/s', target: rate, least: true },
        ...{ from: ['connects'], of: (cell) => cell.rate },
        note: ({ p95, connected }) =>
          `P95 ${p95.toFixed(0)} ms${connected === clients ? '' : `; only ${connected} connected`}`,
      },
      {
        ...{ what: `memory per connected client, ${name}, generator`, unit: 'KB', target: generatorKb },
        ...{ from: ['connects'], of: (cell) => cell.generatorKb },
      },
      {
        ...{ what: `memory per connected client, ${name}, broker`, unit: 'KB', target: brokerKb },
        ...{ from: ['connects'], of: (cell) => cell.brokerKb },
      },
    ],
  }));
