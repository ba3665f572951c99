// Clients connect as fast as the schedule offers; then what a connected client costs either side, in processor time and memory.
import { cpuOf } from '../../../dist/run/usage/proc.js';
import { openBroker, planFor, spent, startLoad } from './setting.mjs';

const warmupClients = 100;

/**
 * @param params.offered connects per second: somewhat more than should be reached, so that the rate is what was carried
 * @returns connects per second, from the first due time until the last CONNACK; KB of memory and microseconds of processor per client
 */
export async function measure({ server = 'mqbench', transport, clients, offered }) {
  // Memory is compared after a collection on both sides, so both run with --expose-gc here.
  const broker = await openBroker(server, transport, ['--expose-gc']);
  const plan = planFor(broker, { clients, connectRate: offered, warmupClients });
  const load = await startLoad(plan, { execArgv: ['--expose-gc'] });
  try {
    await load.warmUp();
    const read = async () => ({ load: (await load.use())[0], rss: await broker.rssBytes(), broker: cpuOf(broker.pid) });
    const before = await read();
    const { connected } = await load.connectAll();
    const { metrics } = await load.collect();
    const after = await read();
    if (connected === 0) throw new Error(`no client could connect to ${server} over ${transport}`);
    return {
      connected,
      rate: metrics.values['rate.connect'],
      p95: metrics.distributions['connect.connack'].p95 / 1000,
      generatorKb: (after.load.rssBytes - before.load.rssBytes) / connected / 1000,
      brokerKb: (after.rss - before.rss) / connected / 1000,
      generatorMicros: spent(before.load, after.load).all / connected,
      brokerMicros: spent(before.broker, after.broker).all / connected,
    };
  } finally {
    await load.close({ abort: true });
    await broker.close();
  }
}
