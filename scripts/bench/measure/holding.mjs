// Many connections held for a minute of keepalives.
import { openBroker, planFor, sleep, startLoad } from './setting.mjs';

const mib = 2 ** 20;
const ends =
  /keepaliveTimeouts|clientErrors|connectionErrors|limitsExceeded|receiveDrops|sendErrors|handshakesFailed|\.closed/;

const noUse = () => ({ now: 0, peak: 0 });
const addUse = (sum, use) => ({ now: sum.now + use.rssBytes / mib, peak: sum.peak + use.peakRssBytes / mib });

/** Who ended connections, as either side saw it, and what sockets dropped: empty when all is well. */
function losses(report, stats) {
  const says = [`${report.counters['connections.lost']} lost`];
  for (const { code, count } of report.errors) says.push(`client: ${code} ${count}`);
  for (const { counters } of stats) {
    for (const [counter, count] of Object.entries(counters)) {
      if (count > 0 && ends.test(counter)) says.push(`broker: ${counter} ${count}`);
    }
  }
  return says.join(', ');
}

/** @returns how many of the clients are alive in the end, connects per second, and MiB of either side, now and at the peak */
export async function measure({ transport, clients, workers, brokers: count, rate, holdMillis }) {
  const brokers = [];
  for (let i = 0; i < count; i++) brokers.push(await openBroker('mqbench', transport));
  // Several brokers with one certificate authority each cannot be verified by one: only TCP has several.
  const hosts = brokers.map(({ port }) => ({ host: '127.0.0.1', port }));
  const plan = planFor(brokers[0], { clients, connectRate: rate, keepaliveSeconds: 20 });
  const load = await startLoad({ ...plan, target: { ...plan.target, hosts } }, { workers });
  let alive = 0;
  load.onProgress((progress) => {
    alive = progress.connected;
  });
  try {
    const started = performance.now();
    const { connected } = await load.connectAll();
    const seconds = (performance.now() - started) / 1000;
    await sleep(holdMillis);
    const report = await load.collect();
    const generator = (await load.use()).reduce(addUse, noUse());
    const stats = await Promise.all(brokers.map((broker) => broker.stats()));
    return {
      ...{ alive, rate: connected / seconds, generator, broker: stats.reduce(addUse, noUse()) },
      losses: losses(report, stats),
    };
  } finally {
    await load.close({ abort: true });
    for (const broker of brokers) await broker.close();
  }
}
