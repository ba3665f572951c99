import { Random } from '../base/random.js';
import type { LoadPlan } from './contract.js';

/** What client `number` is called and what it does; any process can work it out from the plan alone. */
export interface ClientName {
  /** The client identifier sent to the broker. */
  readonly id: string;
  /** Over the whole load, from 0: who owns it, when it connects. */
  readonly number: number;
  /** What %i stands for: from the start number, counted within its role. */
  readonly shown: number;
  readonly username: string | undefined;
  readonly publishes: boolean;
  readonly subscribes: boolean;
}

export function nameClient(plan: LoadPlan, number: number): ClientName {
  const { publishers, startNumber = 0 } = plan;
  const role = publishers === undefined ? undefined : number < publishers ? 'publisher' : 'subscriber';
  const shown = startNumber + (role === 'subscriber' ? number - (publishers as number) : number);
  const id = `${plan.clientIdPrefix}${startNumber + number}`;
  const username = plan.username && fillVariables(plan.username, { id, number, shown, username: undefined });
  return {
    id,
    number,
    shown,
    username,
    publishes: plan.publish !== undefined && role !== 'subscriber',
    subscribes: plan.subscribe !== undefined && role !== 'publisher',
  };
}

/** How many clients publish; their numbers are 0 and up. */
export function publisherCount(plan: LoadPlan): number {
  return plan.publish === undefined ? 0 : (plan.publishers ?? plan.clients);
}

/** Whether a topic differs from message to message. */
export function changesPerMessage(pattern: string): boolean {
  return pattern.includes('%s');
}

/**
 * emqtt-bench's variables, with any text around them: %c client id, %i client number, %u user name, %s message
 * number (0 where there is none), %rand_N a number from 0 to N-1, the same for a client throughout.
 */
export function fillVariables(
  pattern: string,
  client: Pick<ClientName, 'id' | 'number' | 'shown' | 'username'>,
  sequence = 0,
): string {
  if (!pattern.includes('%')) return pattern;
  return pattern.replace(/%(?:rand_(\d+)|([cius]))/g, (_, limit: string | undefined, letter: string) => {
    if (limit !== undefined) return String(new Random(client.number + 1).below(Math.max(1, Number(limit))));
    if (letter === 'c') return client.id;
    if (letter === 'i') return String(client.shown);
    if (letter === 's') return String(sequence);
    return client.username ?? '';
  });
}
