// What a coordinator and a NATS server have to do for many agents, which have no load behind them (scripted-agents.mjs).
import { spawn } from 'node:child_process';
import { cpuUsage } from 'node:process';
import { fileURLToPath } from 'node:url';
import { cpuOf } from '../../../dist/run/usage/proc.js';
import { built } from './build.mjs';
import { end, openNatsServer, says } from './nats.mjs';
import { messages, planFor, sleep, startLoad } from './setting.mjs';

const fleet = fileURLToPath(new URL('./scripted-agents.mjs', import.meta.url));

/** @returns processor time in cores of coordinator and server, what an agent says and hears in B/s, milliseconds that the coordinator was held up for */
export async function measure({ agents, measuredMillis }) {
  const { url, nats } = await openNatsServer();
  const children = [nats];
  const { openNats } = await built('agents/nats/channel.js');
  const { Office } = await built('agents/office/office.js');
  const { AgentCrew } = await built('agents/office/crew.js');
  let office;
  try {
    const child = spawn(process.execPath, [fleet, url, String(agents)], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await says(child.stdout, 'ready');
    office = new Office(await openNats({ url, name: 'coordinator' }), { by: 'bench' });
    const hired = await office.hire(await office.roll(10_000, agents));
    const clients = agents * 100;
    const publish = { topic: 'bench/%c', qos: 1, inflight: 10, ...messages(256, clients) };
    const plan = planFor(
      { transport: 'tcp', port: 1883 },
      { clients, connectRate: clients, warmupClients: 0, publish },
    );
    await office.brief(hired, [plan]);
    const crew = new AgentCrew(hired, [plan], 0);
    office.employ(crew);
    const load = await startLoad(plan, { crew });
    await load.connectAll();
    await sleep(1_000);
    const read = () => ({ own: cpuUsage(), nats: cpuOf(nats.pid), traffic: office.traffic, at: performance.now() });
    const before = read();
    await sleep(measuredMillis);
    const after = read();
    const micros = (after.at - before.at) * 1000;
    const began = performance.now();
    const { workers } = await load.collect();
    const collected = performance.now() - began;
    if (workers.length < agents) throw new Error(`only ${workers.length} of ${agents} agents reported`);
    const own = after.own.user + after.own.system - before.own.user - before.own.system;
    const ofNats =
      after.nats.cpuUserMicros + after.nats.cpuSystemMicros - before.nats.cpuUserMicros - before.nats.cpuSystemMicros;
    const perAgent = (bytes) => (bytes / agents / micros) * 1e6;
    await load.close();
    return {
      coordinator: own / micros,
      nats: ofNats / micros,
      says: perAgent(after.traffic.heardBytes - before.traffic.heardBytes),
      hears: perAgent(after.traffic.saidBytes - before.traffic.saidBytes),
      heldUp: office.heldUpMicros / 1000,
      collected,
    };
  } finally {
    await office?.close();
    await end(children);
  }
}
