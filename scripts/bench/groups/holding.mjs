const holdMillis = 60_000;

const cases = [
  { name: 'tcp', words: 'TCP, one process', transport: 'tcp', clients: 18_000, workers: 1, brokers: 1, rate: 3_000 },
  {
    name: 'many',
    words: 'TCP, several processes',
    transport: 'tcp',
    clients: 50_000,
    workers: 3,
    brokers: 3,
    rate: 3_000,
  },
  {
    name: 'quic',
    words: 'QUIC, one process each side',
    transport: 'quic',
    clients: 50_000,
    workers: 1,
    brokers: 1,
    rate: 1_000,
  },
];
/** MiB that a side may hold, where that is limited. */
const limits = { tcp: { generator: 400 }, quic: { generator: 3_584, broker: 3_584 } };

const sectionOf = ({ name, words, ...params }) => {
  const { clients, rate } = params;
  const seconds = Math.ceil(clients / rate + holdMillis / 1000) + 5;
  const memory = Object.entries(limits[name] ?? {}).map(([role, target]) => ({
    ...{ what: `memory of the ${role}, ${clients} clients, ${words}`, unit: 'MiB', target },
    ...{ from: ['held'], of: (held) => held[role].now },
    note: (held) => `at its peak ${Math.round(held[role].peak)} MiB`,
  }));
  return {
    name,
    cells: { held: { measure: 'holding', params: { ...params, holdMillis }, seconds } },
    rows: [
      {
        ...{ what: `${clients} clients alive after a minute, ${words}`, unit: '', target: clients, least: true },
        ...{ from: ['held'], of: ({ alive }) => alive, note: ({ losses }) => losses },
      },
      {
        ...{ what: `connected one after the other, ${words}`, unit: '/s', target: rate * 0.95, least: true },
        ...{ from: ['held'], of: (held) => held.rate },
      },
      ...memory,
    ],
  };
};

export const sections = () => cases.map(sectionOf);
