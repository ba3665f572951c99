// Many connections held for a minute of keepalives. Takes about 4 minutes, so it runs only when asked for.
import { openBroker, planFor, row, sleep, startLoad } from './setting.mjs';

const holdMillis = 60_000;
const mib = 2 ** 20;
const ends =
  /keepaliveTimeouts|clientErrors|connectionErrors|limitsExceeded|receiveDrops|sendErrors|handshakesFailed|\.closed/;

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
    rate: 1_000,
    generatorMib: 3_584,
    brokerMib: 3_584,
  },
];

const noUse = () => ({ now: 0, peak: 0 });
const addUse = (sum, use) => ({ now: sum.now + use.rssBytes, peak: sum.peak + use.peakRssBytes });

/** Who ended connections, as either side saw it, and what sockets dropped: empty when all is well. */
function lossNote(report, stats) {
  const says = [`${report.counters['connections.lost']} lost`];
  for (const { code, count } of report.errors) says.push(`client: ${code} ${count}`);
  for (const { counters } of stats) {
    for (const [counter, count] of Object.entries(counters)) {
      if (count > 0 && ends.test(counter)) says.push(`broker: ${counter} ${count}`);
    }
  }
  return says.join(', ');
}

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
    const started = performance.now();
    const { connected } = await load.connectAll();
    const seconds = (performance.now() - started) / 1000;
    await sleep(holdMillis);
    const report = await load.collect();
    const generator = (await load.use()).reduce(addUse, noUse());
    const stats = await Promise.all(brokers.map((broker) => broker.stats()));
    const side = stats.reduce(addUse, noUse());
    const rows = [
      row(`${clients} clients alive after a minute, ${name}`, '', clients, now, true, lossNote(report, stats)),
      row(`connected one after the other, ${name}`, '/s', rate * 0.95, connected / seconds),
    ];
    const peaks = [
      ['generator', generatorMib, generator],
      ['broker', brokerMib, side],
    ];
    for (const [role, most, { now: rss, peak }] of peaks) {
      const what = `memory of the ${role}, ${clients} clients, ${name}`;
      const note = `at its peak ${Math.round(peak / mib)} MiB`;
      if (most) rows.push(row(what, 'MiB', most, rss / mib, false, note));
    }
    return rows;
  } finally {
    await load.close({ abort: true });
    for (const broker of brokers) await broker.close();
  }
}

/** `--transport quic` takes only the cases of that transport. */
export async function holding() {
  const at = process.argv.indexOf('--transport');
  const rows = [];
  for (const each of cases.filter(({ transport }) => at < 0 || transport === process.argv[at + 1]))
    rows.push(...(await measure(each)));
  return rows;
}
