// Many connections held for a minute of keepalives. Takes about 4 minutes, so it runs only when asked for.
import { openBroker, planFor, row, sleep, startLoad } from './setting.mjs';

const holdMillis = 60_000;
const mib = 2 ** 20;
export const cases = [
  {
    transport: 'tcp',
    name: 'TCP, one process',
    clients: 18_000,
    workers: 1,
    brokers: 1,
    rate: 3_000,
    generatorMib: 400,
  },
  { transport: 'tcp', name: 'TCP, several processes', clients: 50_000, workers: 3, brokers: 3, rate: 3_000 },
  {
    transport: 'quic',
    name: 'QUIC, one process each side',
    clients: 50_000,
    workers: 1,
    brokers: 1,
    rate: 800,
    generatorMib: 3_584,
    brokerMib: 3_584,
  },
];

export async function measure({ transport, name, clients, workers, brokers: count, rate, generatorMib, brokerMib }) {
  const brokers = [];
  for (let i = 0; i < count; i++) brokers.push(await openBroker(transport));
  // Several brokers with one certificate authority each cannot be verified by one: only TCP has several.
  const hosts = brokers.map((broker) => ({ host: '127.0.0.1', port: broker.ready.addresses[transport].port }));
  const plan = planFor(transport, brokers[0], { clients, connectRate: rate, keepaliveSeconds: 20 });
  const load = await startLoad({ ...plan, target: { ...plan.target, hosts } }, { workers });
  let now = 0;
  load.onProgress((progress) => {
    now = progress.connected;
  });
  try {
    await load.connectAll();
    await sleep(holdMillis);
    const rss = (await load.use()).reduce((sum, use) => sum + use.rssBytes, 0);
    let brokerRss = 0;
    for (const broker of brokers) brokerRss += (await broker.stats()).rssBytes;
    const report = await load.collect();
    const lost = report.counters['connections.lost'];
    const note = `${lost} lost; broker side ${Math.round(brokerRss / mib)} MiB`;
    const rows = [row(`${clients} clients alive after a minute, ${name}`, '', clients, now, true, note)];
    if (generatorMib)
      rows.push(row(`memory of the generator, ${clients} clients, ${name}`, 'MiB', generatorMib, rss / mib, false));
    if (brokerMib)
      rows.push(row(`memory of the broker, ${clients} clients, ${name}`, 'MiB', brokerMib, brokerRss / mib, false));
    return rows;
  } finally {
    await load.close({ abort: true });
    for (const broker of brokers) await broker.close();
  }
}

export async function holding() {
  const rows = [];
  for (const each of cases) rows.push(...(await measure(each)));
  return rows;
}
