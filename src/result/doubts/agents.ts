import { formatCount, formatCounted, formatDuration } from '../../base/units.js';
import type { Doubt } from '../types.js';
import type { DoubtMeaning } from './meaning.js';

/** What is said against numbers that come from several machines. */
export const aboutAgents = {
  'agent-lost': {
    means: 'an agent was lost, and the load went on without its clients',
    spoils:
      'All counts and rates: what the clients of that agent did is not among them, and what others got of its clients’ messages is. No promise of a QoS is judged.',
    remedy: 'Find out why the agent was lost, and run the cell again.',
  },
  'clock-bound': {
    means: 'the clocks of the agents are known less exactly than the latency that was measured between them',
    spoils: 'Latencies from end to end between clients of different agents: each may be wrong by what the doubt names.',
    remedy: 'Bring the agents closer to the NATS server (a quicker path, machines with room), or read publish.ack.',
  },
  'slow-consumer': {
    means: 'the coordinator did not keep up with what the agents told it',
    spoils: 'Progress and timeline, and orders that depend on them; numbers of the agents themselves are whole.',
    remedy: 'Give the machine of the coordinator more room, or take fewer agents.',
  },
} as const satisfies Readonly<Record<string, DoubtMeaning>>;

/** @param lost each with why @param clients that were on them */
export function agentLostDoubt(lost: readonly string[], clients: number, ofClients: number): Doubt {
  return {
    code: 'agent-lost',
    message: `${formatCount(clients)} of ${formatCounted(ofClients, 'client')} were lost with their agents: ${lost.join('; ')}`,
    advice: 'counts and rates are of the agents that stayed: run it again for numbers of the whole load',
  };
}

/** @param boundMicros between the two agents whose clocks are known worst */
export function clockBoundDoubt(boundMicros: number, p50Micros: number): Doubt {
  return {
    code: 'clock-bound',
    metric: 'delivery.e2e',
    message: `the clocks of two agents may be apart by ${formatDuration(boundMicros)} from what is taken for their difference, and the P50 from end to end is ${formatDuration(p50Micros)}`,
    advice: 'latencies from end to end are ± that; those of acknowledgements and connects need no second clock',
  };
}

/** @param lateMicros how late the latest word of an agent was heard */
export function slowConsumerDoubt(lateMicros: number): Doubt {
  return {
    code: 'slow-consumer',
    message: `words of agents were heard up to ${formatDuration(lateMicros)} after they were said`,
    advice: 'take fewer agents or a quicker machine for the coordinator; what the agents measured is not touched by it',
  };
}
