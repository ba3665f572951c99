import type { FleetPlan, PublishPlan } from './plan.js';

/** One of several kinds of clients in a cell. */
export interface NamedFleet {
  /** Unique in the cell; what expectations and tables call it. */
  readonly name: string;
  readonly load: FleetPlan;
}

/**
 * All fleets of a cell as if they were one, for whatever asks a cell only how many clients there are, how long they take to
 * connect, and whether any of them publishes or subscribes. What they do is told by each of them.
 */
export function together(fleets: readonly FleetPlan[]): FleetPlan {
  const [first] = fleets as [FleetPlan];
  const clients = fleets.reduce((sum, fleet) => sum + fleet.clients, 0);
  // Whoever comes in stages does so during the traffic.
  const atFirst = fleets.filter(({ clientStages }) => clientStages === undefined);
  const connecting = Math.max(
    ...(atFirst.length > 0 ? atFirst : fleets).map((fleet) => fleet.clients / fleet.connectRate),
  );
  const keepalives = fleets.map(({ keepaliveSeconds }) => keepaliveSeconds);
  return {
    clients,
    mqttVersion: Math.max(...fleets.map(({ mqttVersion }) => mqttVersion)) as 3 | 4 | 5,
    // 0 is none, and so the longest of all.
    keepaliveSeconds: keepalives.includes(0) ? 0 : Math.max(...keepalives),
    clean: fleets.every(({ clean }) => clean),
    connectRate: clients / connecting,
    dialTimeoutMicros: Math.max(...fleets.map(({ dialTimeoutMicros }) => dialTimeoutMicros)),
    subscribe: highest(fleets.map(({ subscribe }) => subscribe)),
    publish: largest(fleets.map(({ publish }) => publish)),
    reconnect: fleets.find(({ reconnect }) => reconnect !== undefined)?.reconnect ?? first.reconnect,
    deadAfterMicros: Math.max(...fleets.map(({ deadAfterMicros }) => deadAfterMicros)),
  };
}

/** The one with the highest QoS. */
function highest<T extends { readonly qos: number }>(list: readonly (T | undefined)[]): T | undefined {
  const given = list.filter((one) => one !== undefined);
  return given.length === 0 ? undefined : given.reduce((best, one) => (one.qos > best.qos ? one : best));
}

/** Of those with the highest QoS the one that has most bytes under way. */
function largest(list: readonly (PublishPlan | undefined)[]): PublishPlan | undefined {
  const top = highest(list);
  const alike = list.filter((one) => one !== undefined && one.qos === top?.qos) as PublishPlan[];
  const bytes = ({ payload, inflight }: PublishPlan): number =>
    payload.kind === 'filler' ? payload.bytes * inflight : 0;
  return alike.length === 0 ? undefined : alike.reduce((best, one) => (bytes(one) > bytes(best) ? one : best));
}
