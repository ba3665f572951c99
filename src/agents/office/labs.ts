import { MqbenchError, machineError } from '../../base/errors.js';
import type {
  Calibration,
  DirectionCounters,
  EventProof,
  Lab,
  LabEvent,
  LabSpec,
  LinkCounters,
} from '../../lab/contract.js';
import type { EmulatorReading, LinkReading } from '../../lab/reading.js';
import { Histogram } from '../../metrics/histogram.js';
import type { LabFacts, LabOrder } from '../messages.js';
import type { HiredAgent } from './hired.js';

/** Namespaces, link and NAT take seconds on a slow machine. */
const openMillis = 60_000;
const askMillis = 30_000;

/**
 * The networks that agents hold for a cell, each for its own part of the clients, as one: what happens to it happens to all of
 * them, at times of each agent's own, and what is counted is the sum.
 */
export class AgentLabs implements Lab {
  readonly failed: Promise<never>;

  private constructor(
    private readonly agents: readonly HiredAgent[],
    private readonly facts: LabFacts,
  ) {
    this.failed = Promise.race(agents.map((agent) => agent.labFailed));
    this.failed.catch(() => {}); // whoever waits for it sees it
  }

  /**
   * Every agent makes one. @throws MQB_AGENT_LAB where one may not, and what the first that cannot says, with its name; then
   * none is left
   */
  static async open(agents: readonly HiredAgent[], spec: LabSpec): Promise<AgentLabs> {
    const forbidden = agents.filter(({ info }) => info.lab !== true).map(({ name }) => name);
    if (forbidden.length > 0)
      throw machineError(
        'MQB_AGENT_LAB',
        `${forbidden.join(', ')} may not make a network of ${forbidden.length === 1 ? 'its' : 'their'} own`,
        'start them with --lab on Linux, as root; or say network: none',
      );
    // Each draws its own losses: agents that all lose the same packets would be one link.
    const opened = await Promise.allSettled(
      agents.map((agent, i) =>
        agent.lab<LabFacts>({ what: 'open', spec: { ...spec, seed: spec.seed + i } }, openMillis),
      ),
    );
    const refused = opened.find((one) => one.status === 'rejected');
    if (refused !== undefined) {
      await Promise.all(agents.map((agent) => agent.lab({ what: 'close' }, askMillis).catch(() => [])));
      throw refused.reason;
    }
    const [first] = opened.map((one) => (one as PromiseFulfilledResult<LabFacts>).value) as [LabFacts];
    return new AgentLabs(agents, first);
  }

  private get living(): readonly HiredAgent[] {
    return this.agents.filter(({ lost }) => lost === undefined);
  }

  private all<T>(order: LabOrder): Promise<T[]> {
    return Promise.all(this.living.map((agent) => agent.lab<T>(order, askMillis)));
  }

  get backend(): Lab['backend'] {
    return this.facts.backend;
  }

  get description(): Readonly<Record<string, string>> {
    return { ...this.facts.description, agents: this.agents.map(({ name }) => name).join(', ') };
  }

  get clientAddresses(): readonly string[] {
    return this.facts.clientAddresses;
  }

  readonly clientAddresses6: readonly string[] = [];

  get serverAddress(): string {
    return this.facts.serverAddress;
  }

  readonly serverAddress6 = '';
  readonly brokerAddresses: readonly string[] = [];
  /** All of it is elsewhere. */
  readonly roles = { holder: 0, emulator: undefined };

  networkOf(): string {
    throw elsewhere();
  }

  spawn(): never {
    throw elsewhere();
  }

  setProfile(): Promise<void> {
    return Promise.reject(elsewhere());
  }

  /** Of the worst: nobody's link may be other than asked for. */
  async calibrate(echo?: LabOrder['echo']): Promise<Calibration> {
    const all = await this.all<Calibration>({ what: 'calibrate', echo });
    const sum = (of: (one: Calibration) => number): number => all.reduce((total, one) => total + of(one), 0);
    return {
      ...{ packets: sum(({ packets }) => packets), lost: sum(({ lost }) => lost) },
      reordered: sum(({ reordered }) => reordered),
      rttP50Micros: Math.max(...all.map(({ rttP50Micros }) => rttP50Micros)),
      rttP95Micros: Math.max(...all.map(({ rttP95Micros }) => rttP95Micros)),
    };
  }

  async event(event: LabEvent): Promise<EventProof> {
    const agents = this.living;
    const proofs = await Promise.all(agents.map((agent) => agent.lab<EventProof>({ what: 'event', event }, askMillis)));
    const [first] = proofs as [EventProof];
    const acts = proofs.flatMap((proof) => proof.acts).sort((a, b) => a.beganMicros - b.beganMicros);
    const began = Math.min(...acts.map(({ beganMicros }) => beganMicros));
    const ended = Math.max(...acts.map(({ endedMicros }) => endedMicros));
    return {
      kind: first.kind,
      ...{ acts, atMicros: began, tookMicros: ended - began },
      pathMicros: Math.max(...proofs.map(({ pathMicros }) => pathMicros)),
      facts: factsOfAll(agents.map(({ name }, i) => [name, (proofs[i] as EventProof).facts])),
      apart: Object.fromEntries(
        agents.map(({ name }, i) => {
          const { acts, pathMicros } = proofs[i] as EventProof;
          return [name, { acts, pathMicros }];
        }),
      ),
    };
  }

  async counters(): Promise<LinkCounters> {
    return addedCounters(await this.all<LinkCounters>({ what: 'counters' }));
  }

  async reading(): Promise<LinkReading> {
    const all = await this.all<LinkReading>({ what: 'reading' });
    const emulators = all.flatMap(({ emulator }) => emulator ?? []);
    return {
      counters: addedCounters(all.map(({ counters }) => counters)),
      stretches: all.flatMap(({ stretches }) => stretches),
      ...(emulators.length > 0 ? { emulator: addedEmulators(emulators) } : {}),
    };
  }

  async close(): Promise<string[]> {
    const left = await Promise.all(
      this.living.map(async (agent) => {
        const lines = await agent.lab<string[]>({ what: 'close' }, askMillis).catch((error: Error) => [error.message]);
        return lines.map((line) => `${agent.name}: ${line}`);
      }),
    );
    return left.flat();
  }
}

const elsewhere = (): MqbenchError => new MqbenchError('MQB_AGENT_LAB', 'the networks are on the agents, and not here');

/** Numbers are added up and lists joined, as if it were one network; what each says stands beside, under its name. */
function factsOfAll(all: readonly (readonly [agent: string, facts: EventProof['facts']])[]): EventProof['facts'] {
  const joined: Record<string, EventProof['facts'][string]> = {};
  for (const [agent, facts] of all) {
    for (const [name, fact] of Object.entries(facts)) {
      const before = joined[name];
      if (typeof fact === 'number' && typeof before === 'number') joined[name] = before + fact;
      else if (Array.isArray(fact) && Array.isArray(before)) joined[name] = [...new Set([...before, ...fact])];
      else joined[name] ??= fact;
      joined[`${agent}.${name}`] = fact;
    }
  }
  return joined;
}

function addedCounters(all: readonly LinkCounters[]): LinkCounters {
  const added = (of: (one: LinkCounters) => DirectionCounters): DirectionCounters => {
    const sums: Record<string, number> = {};
    for (const one of all) for (const [name, count] of Object.entries(of(one))) sums[name] = (sums[name] ?? 0) + count;
    return sums as unknown as DirectionCounters;
  };
  return { up: added(({ up }) => up), down: added(({ down }) => down) };
}

/** Not as good as the worst of them. */
function addedEmulators(all: readonly EmulatorReading[]): EmulatorReading {
  const lateness = new Histogram();
  for (const one of all) lateness.addData(one.lateness);
  const sum = (of: (one: EmulatorReading) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    use: {
      cpuUserMicros: sum(({ use }) => use.cpuUserMicros),
      cpuSystemMicros: sum(({ use }) => use.cpuSystemMicros),
      peakRssBytes: sum(({ use }) => use.peakRssBytes),
      contextSwitches: sum(({ use }) => use.contextSwitches),
    },
    realTime: all.every(({ realTime }) => realTime),
    lateness: lateness.toData(),
    unread: sum(({ unread }) => unread),
  };
}
