import { type LoadPlan, ownTopics } from '../plan/plan.js';
import { nameClient, publishTopic } from './client/naming.js';

/** A fleet of a cell, as the others have to know it. */
export interface CellFleet {
  readonly plan: LoadPlan;
  /** Clients of the fleets before it, and topics: both are counted over all fleets, so that none has the number of another. */
  readonly firstClient: number;
  readonly firstFlow: number;
}

/** Who published a message: a client of one of the fleets. */
export interface Publisher {
  /** Which of the cell's fleets it is in. */
  readonly fleet: number;
  /** Within that fleet. */
  readonly number: number;
}

/**
 * All fleets of a cell. What one publishes may be for subscribers of any other: publishers have numbers over all of them (in
 * stamps and books), and so have topics. Of a single fleet these are the numbers that it counts by itself.
 */
export class Fleets {
  readonly all: readonly CellFleet[];
  /** Topics of all fleets together. */
  readonly flows: number;
  /** Whether anybody publishes, and whether anybody subscribes. */
  readonly publishes: boolean;
  readonly subscribes: boolean;
  /** Whether what arrives has to be counted by topic: topics may have a QoS of their own, and fleets have. */
  readonly countsFlows: boolean;

  constructor(readonly plans: readonly LoadPlan[]) {
    let [firstClient, firstFlow] = [0, 0];
    this.all = plans.map((plan) => {
      const place = { plan, firstClient, firstFlow };
      firstClient += plan.clients;
      firstFlow += plan.topics ?? 1;
      return place;
    });
    this.flows = firstFlow;
    this.publishes = plans.some(({ publish }) => publish !== undefined);
    this.subscribes = plans.some(({ subscribe }) => subscribe !== undefined);
    this.countsFlows = plans.length > 1 || plans.some((plan) => ownTopics(plan) !== undefined);
  }

  /** Clients of all fleets. */
  get clients(): number {
    return this.all.reduce((sum, { plan }) => sum + plan.clients, 0);
  }

  /** Whose a number over all fleets is. */
  publisher(number: number): Publisher {
    let fleet = this.all.length - 1;
    while (fleet > 0 && (this.all[fleet] as CellFleet).firstClient > number) fleet--;
    return { fleet, number: number - (this.all[fleet] as CellFleet).firstClient };
  }

  /** A topic over all fleets. @param flow as its publisher counts it */
  flowOf({ fleet }: Pick<Publisher, 'fleet'>, flow: number): number {
    return (this.all[fleet] as CellFleet).firstFlow + flow;
  }

  /** What a client publishes to, as it is called there. @param flow as it counts its topics */
  topicOf({ fleet, number }: Publisher, flow: number): string {
    const { plan } = this.all[fleet] as CellFleet;
    return publishTopic(plan, nameClient(plan, number), 0, flow);
  }
}
