// 5,000 clients connect as fast as the schedule offers; then what a connected client costs either side in memory.
import { openBroker, planFor, row, startLoad } from './setting.mjs';

const clients = 5_000;
// The schedule offers somewhat more than should be reached: latencies then grow, and the rate is what was carried.
const cases = [
  { transport: 'tcp', name: 'TCP', offered: 6_000, rate: 2_000, generatorKb: 15, brokerKb: 25 },
  { transport: 'tls', name: 'TLS 1.3', offered: 900, rate: 700, generatorKb: 60, brokerKb: 45 },
  { transport: 'quic', name: 'QUIC', offered: 1_800, rate: 1_500, generatorKb: 60, brokerKb: 60 },
];

async function measure({ transport, name, offered, rate, generatorKb, brokerKb }) {
  // Memory is compared after a collection on both sides, so the broker runs with --expose-gc here.
  const broker = await openBroker(transport, ['--expose-gc']);
  const plan = planFor(transport, broker, { clients, connectRate: offered, warmupClients: 100 });
  const load = await startLoad(plan, { execArgv: ['--expose-gc'] });
  try {
    await load.warmUp();
    const before = { load: (await load.use())[0].rssBytes, broker: (await broker.stats()).rssBytes };
    const { connected } = await load.connectAll();
    const report = await load.collect();
    const after = { load: (await load.use())[0].rssBytes, broker: (await broker.stats()).rssBytes };
    const perClient = (side) => (after[side] - before[side]) / connected / 1000;
    const note = connected === clients ? '' : `only ${connected} connected`;
    const p95 = report.metrics.distributions['connect.connack'].p95;
    return [
      row(
        `connects, ${name}, ${clients} clients (P95 ${(p95 / 1000).toFixed(0)} ms)`,
        '/s',
        rate,
        report.metrics.values['rate.connect'],
        true,
        note,
      ),
      row(`memory per connected client, ${name}, generator`, 'KB', generatorKb, perClient('load'), false),
      row(`memory per connected client, ${name}, broker`, 'KB', brokerKb, perClient('broker'), false),
    ];
  } finally {
    await load.close({ abort: true });
    await broker.close();
  }
}

export async function connects() {
  const rows = [];
  for (const each of cases) rows.push(...(await measure(each)));
  return rows;
}
