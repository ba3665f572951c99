import type { MqbenchError } from '../../base/errors.js';
import type { Role } from '../../base/process/role.js';
import { formatCounted } from '../../base/units.js';
import type { Crew } from '../../load/crew.js';
import { type Share, shareOf, workersOf } from '../../load/pace/split.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { HiredAgent } from './hired.js';

/** Orders travel to every agent and on to its workers, and have to be there before they take effect. */
const leadMicros = 500_000;

/** What of the clients is on which agent. */
export interface Station {
  readonly agent: HiredAgent;
  /** Numbers of its workers among all. */
  readonly workers: readonly number[];
  readonly clients: number;
}

/** The workers of all agents as those of one load. */
export class AgentCrew implements Crew {
  readonly size: number;
  readonly leadMicros = leadMicros;
  private readonly seats: readonly HiredAgent[];
  private readonly clientsOf: readonly number[];
  private staffed: HiredAgent[] = [];
  private tellLost: (workers: readonly number[]) => void = () => {};
  /** Agents that the load goes on without, with why. */
  readonly lost = new Map<HiredAgent, MqbenchError>();

  /**
   * @param mayLose share of the clients that the load may go on without, 0 … 1
   * @param note what whoever watches the run should know at once
   */
  constructor(
    agents: readonly HiredAgent[],
    private readonly plans: readonly LoadPlan[],
    private readonly mayLose: number,
    private readonly note: (line: string) => void = () => {},
  ) {
    this.seats = inTurn(agents);
    this.size = this.seats.length;
    const counts = workersOf(plans, this.size);
    this.clientsOf = plans.flatMap((plan, fleet) => {
      const workers = counts[fleet] as number;
      return Array.from({ length: workers }, (_, worker): number =>
        shareOf(plan.clients, { worker, workers } as Share),
      );
    });
  }

  staff(workers: number): Role[] {
    for (const agent of this.seats) agent.forgetRoles();
    this.staffed = Array.from({ length: workers }, (_, i) => this.seats[i % this.seats.length] as HiredAgent);
    return this.staffed.map((agent, worker) => agent.role(worker));
  }

  onLost(listener: (workers: readonly number[]) => void): void {
    this.tellLost = listener;
  }

  /** Which agent has which workers. */
  get stations(): Station[] {
    return [...new Set(this.staffed)].map((agent) => {
      const workers = this.staffed.flatMap((one, worker) => (one === agent ? [worker] : []));
      return { agent, workers, clients: workers.reduce((sum, one) => sum + (this.clientsOf[one] ?? 0), 0) };
    });
  }

  /** Clients that were on agents which the load went on without. */
  get lostClients(): number {
    return this.stations.reduce((sum, { agent, clients }) => sum + (this.lost.has(agent) ? clients : 0), 0);
  }

  /** An agent is gone: the load goes on without it where that was allowed, and fails otherwise. */
  lose(agent: HiredAgent, error: MqbenchError): void {
    const station = this.stations.find((one) => one.agent === agent);
    const all = this.plans.reduce((sum, { clients }) => sum + clients, 0);
    const goesOn = station === undefined || this.lostClients + station.clients <= this.mayLose * all;
    if (goesOn && station !== undefined) {
      this.lost.set(agent, error);
      this.note(`${error.message}; the load goes on without its ${formatCounted(station.clients, 'client')}`);
      this.tellLost(station.workers);
    }
    agent.lose(error, !goesOn);
  }
}

/** A place for each worker of each agent, the agents in turn: neighbours in the order of clients are on different machines. */
function inTurn(agents: readonly HiredAgent[]): HiredAgent[] {
  const most = Math.max(0, ...agents.map(({ info }) => info.workers));
  return Array.from({ length: most }, (_, round) => agents.filter(({ info }) => info.workers > round)).flat();
}
