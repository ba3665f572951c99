// The same load by worker processes of this one, or by agents that joined a NATS server of this machine.
import { spawn } from 'node:child_process';
import { built, program } from './build.mjs';
import { end, openNatsServer, says } from './nats.mjs';
import { messages, openBroker, planFor, sleep, startLoad } from './setting.mjs';

const workers = 3;
/** A little more than the broker takes for as many clients on their way in. */
const clients = 300;

/** @param params.agents 0: worker processes @param params.perSecond absent: a closed loop @returns rate, and what an agent says and hears, B/s */
export async function measure({ agents, perSecond, warmMillis, measuredMillis }) {
  const broker = await openBroker('mqbench', 'tcp');
  const service = agents > 0 ? await openAgents(agents) : undefined;
  try {
    const publish = { topic: 'bench/%c', qos: 1, inflight: 10, ...messages(256, perSecond) };
    const plan = planFor(broker, { clients, connectRate: 500, publish });
    const crew = await service?.agents.crewFor([plan]);
    const load = await startLoad(plan, { workers, crew });
    try {
      const { connected } = await load.connectAll();
      if (connected < clients) throw new Error(`only ${connected} of ${clients} clients could connect`);
      await load.startPublishing();
      await sleep(warmMillis);
      const before = service?.agents.office.traffic;
      const from = await load.window('measured');
      await sleep(measuredMillis);
      const to = await load.window(null);
      const after = service?.agents.office.traffic;
      await load.stopPublishing();
      await load.drain(5e6);
      const { windows } = await load.collect();
      const perAgent = (bytes) => (bytes / agents / (to - from)) * 1e6;
      return {
        rate: windows.measured.values['rate.achieved'],
        ...(before && {
          heard: perAgent(after.heardBytes - before.heardBytes),
          said: perAgent(after.saidBytes - before.saidBytes),
        }),
      };
    } finally {
      await load.close({ abort: true });
    }
  } finally {
    await service?.close();
    await broker.close();
  }
}

async function openAgents(count) {
  const { url, nats } = await openNatsServer();
  const children = [nats];
  const close = () => end(children);
  try {
    for (let i = 1; i <= count; i++) {
      const words = ['agent', '--join', url, '--name', `a${i}`, '--workers', String(workers / count), '--once'];
      const agent = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      children.push(agent);
      await says(agent.stderr, 'and waits');
    }
    await sleep(3_000); // each looks at its machine once
    const { AgentService } = await built('run/agents/service.js');
    const agents = await AgentService.open({ url, min: count }, () => {});
    const closeAll = async () => {
      await agents.close();
      await close();
    };
    return { agents, close: closeAll };
  } catch (error) {
    await close();
    throw error;
  }
}
