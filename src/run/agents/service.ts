import { hostname, userInfo } from 'node:os';
import type { AgentInfo } from '../../agents/messages.js';
import type { AgentCrew } from '../../agents/office/crew.js';
import type { HiredAgent } from '../../agents/office/hired.js';
import type { Office } from '../../agents/office/office.js';
import { clockIdentity } from '../../base/clock-identity.js';
import { machineError, usageError } from '../../base/errors.js';
import type { Lab, LabSpec } from '../../lab/contract.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Provenance } from '../../result/types.js';
import { type AgentsAsked, isSelected, listenOf } from './asked.js';

/** How long agents of a server that is there are waited for. */
const rollMillis = 2_000;
/** Whoever starts the server itself has agents to start, too. */
const joinMillis = 600_000;

/** The agents that a run has in its service, from its first cell to its last. */
export class AgentService {
  private constructor(
    readonly office: Office,
    private agents: readonly HiredAgent[],
    private readonly asked: AgentsAsked,
    private readonly stop: () => Promise<void>,
  ) {}

  /**
   * Finds and hires the agents that were asked for; a server is started where that was.
   * @param note what whoever waits should know
   * @throws MQB_AGENT_SERVER, MQB_AGENT_KEY, MQB_AGENTS_FEW, and what agents refuse
   */
  static async open(asked: AgentsAsked, note: (line: string) => void, signal?: AbortSignal): Promise<AgentService> {
    const { openServer } = await import('./server.js');
    const { url, credentials, close } = await openServer(asked, note);
    const [{ openNats }, { Office }] = await Promise.all([
      import('../../agents/nats/channel.js'),
      import('../../agents/office/office.js'),
    ]);
    let office: Office | undefined;
    try {
      const channel = await openNats({ url, name: 'coordinator', credentials });
      office = new Office(channel, { by: `${userName()}@${hostname()}` });
      const infos = await enough(office, asked, url, note, signal);
      const hired = await unlessAborted(office.hire(infos), signal);
      return new AgentService(office, hired, asked, close);
    } catch (error) {
      await office?.close();
      await close();
      throw error;
    }
  }

  /** As the agents said of themselves when they were hired. */
  get infos(): readonly AgentInfo[] {
    return this.agents.map(({ info }) => info);
  }

  /** Worker processes of all. */
  get workers(): number {
    return this.infos.reduce((sum, { workers }) => sum + workers, 0);
  }

  /** Some of them are on other machines. */
  get isElsewhere(): boolean {
    return this.infos.some(({ clock }) => clock !== clockIdentity());
  }

  /** For the result. */
  get provenance(): NonNullable<Provenance['agents']> {
    return this.infos.map(({ name, host, build, node, cores, workers }) => ({
      name,
      host,
      build,
      node,
      cores,
      workers,
    }));
  }

  /** Whether every agent does this. @throws what they refuse, before anything of the load begins */
  check(plans: readonly LoadPlan[], signal?: AbortSignal): Promise<void> {
    return unlessAborted(this.office.brief(this.agents, plans), signal);
  }

  /**
   * A broker that the run starts is on loopback of this machine, where agents of other machines have their own, and so has
   * every network that an agent makes.
   * @param hasLab agents make networks
   * @throws MQB_AGENT_BROKER
   */
  refuseBrokerHere(hasLab: boolean): void {
    const elsewhere = this.infos.filter(({ clock }) => hasLab || clock !== clockIdentity());
    if (elsewhere.length === 0) return;
    throw usageError(
      'MQB_AGENT_BROKER',
      `a broker of this run would be ${hasLab ? 'in a network' : 'on loopback'} of this machine, which ${elsewhere.map(({ name }) => name).join(', ')} cannot reach`,
      'name a broker that agents reach: brokers: [{ name: …, url: { tcp: mqtt://host:1883 } }]',
    );
  }

  /** The networks that the agents make for a cell, as one. @throws as AgentLabs.open */
  async openLabs(spec: LabSpec): Promise<Lab> {
    await this.replaceLost();
    const { AgentLabs } = await import('../../agents/office/labs.js');
    return AgentLabs.open(this.agents, spec);
  }

  /**
   * The agents as the crew of a cell. An agent that was lost in an earlier one is there again, or the cell has none.
   * @param note hears of an agent that the cell goes on without
   * @throws what they refuse
   */
  async crewFor(plans: readonly LoadPlan[], note?: (line: string) => void): Promise<AgentCrew> {
    await this.replaceLost();
    await this.office.brief(this.agents, plans);
    const { AgentCrew } = await import('../../agents/office/crew.js');
    const crew = new AgentCrew(this.agents, plans, this.asked.mayLose ?? 0, note);
    this.office.employ(crew);
    return crew;
  }

  private async replaceLost(): Promise<void> {
    const lost = this.agents.filter((agent) => agent.lost !== undefined);
    if (lost.length === 0) return;
    const here = await this.office.roll(rollMillis);
    const back = lost.map(({ name, lost: why }) => {
      const info = here.find((one) => one.name === name && one.busy === undefined);
      if (info === undefined) throw why;
      return info;
    });
    const hired = await this.office.hire(back);
    this.agents = this.agents.map((agent) => hired.find(({ name }) => name === agent.name) ?? agent);
  }

  async close(): Promise<void> {
    await this.office.close();
    await this.stop();
  }
}

/** The same, or the reason of the signal as soon as there is one: an agent has seconds for an answer. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => {}); // nobody waits for it any more
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const tell = (): void => reject(signal.reason);
    if (signal.aborted) tell();
    signal.addEventListener('abort', tell, { once: true, signal: over.signal });
  });
  return Promise.race([work, aborted]).finally(() => over.abort());
}

/** @throws MQB_AGENTS_FEW naming those that are there, and why they do not count */
async function enough(
  office: Office,
  asked: AgentsAsked,
  url: string,
  note: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<AgentInfo[]> {
  const { min = 1, select = [] } = asked;
  const isOwn = listenOf(asked.url) !== undefined;
  const end = Date.now() + (isOwn ? joinMillis : rollMillis);
  let told = -1;
  for (;;) {
    const here = await office.roll(isOwn ? 500 : rollMillis / 2);
    signal?.throwIfAborted();
    const fit = here.filter((info) => isSelected(info, select));
    const free = fit.filter(({ busy }) => busy === undefined);
    // Who counts on a number has to get it; who does not takes all that come within the first look.
    if (free.length >= min && (asked.min !== undefined || !isOwn || free.length > 0)) return free;
    if (isOwn && free.length !== told) {
      told = free.length;
      note(`waiting for agents: ${told} of ${min} are there`);
    }
    if (Date.now() < end) continue;
    const others = here.filter((info) => !free.includes(info)).map((info) => notCounted(info, select));
    throw machineError(
      'MQB_AGENTS_FEW',
      `${free.length} of the ${min} agents that are needed ${free.length === 1 ? 'is' : 'are'} at ${url}${others.length > 0 ? `; ${others.join('; ')}` : ''}`,
      `start more of them: mqbench agent --join ${url}; mqbench agents --agents ${url} lists those that are there`,
    );
  }
}

function notCounted({ name, busy, labels }: AgentInfo, select: readonly string[]): string {
  if (busy !== undefined) return `${name} runs a load of ${busy}`;
  const own = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return `${name} has ${own.length > 0 ? own.join(', ') : 'no labels'}, and not ${select.join(', ')}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody'; // a user without an entry in passwd, as in containers
  }
}
