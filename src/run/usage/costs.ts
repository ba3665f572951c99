import type { FleetPlan } from '../../plan/plan.js';
import type { Cell, EventRecord, LedgerRow, MetricSet, PhaseUse } from '../../result/types.js';
import { disturbs } from '../../scenario/disturbing.js';
import type { PlannedCell, ResolvedScenario } from '../../scenario/types.js';
import { machineOfRun } from './machine.js';

type Values = MetricSet['values'];

/** What was measured of a cell, as far as its costs come from it. */
export interface Measured {
  readonly phases: readonly PhaseUse[];
  /** Of the whole cell. */
  readonly values: Values;
  readonly windows: Readonly<Record<string, MetricSet>>;
  readonly ledger: readonly Pick<LedgerRow, 'qos' | 'sent' | 'acknowledged'>[];
  readonly events: readonly Pick<EventRecord, 'metrics'>[];
}

/**
 * What one connect, one message, one reconnect and one idle minute cost the broker, the machine and the wire, from the
 * bills of the phases. Bytes and packets are those that entered the access link, IP headers included, so
 * retransmissions count. Without a lab there is no wire.
 */
export function costsOf(
  scenario: Pick<ResolvedScenario, 'timeline' | 'windows' | 'trafficMicros'>,
  {
    load,
    fleets = [{ load }],
  }: Pick<PlannedCell, 'load'> & { readonly fleets?: readonly { load: FleetPlan }[] | undefined },
  measured: Measured,
): { readonly values: Values; readonly billed?: Cell['billed'] } {
  // The bill of a phase in which clients come and go is of their handshakes, too, and nobody can tell them from the rest.
  if (fleets.some((one) => one.load.clientStages !== undefined)) return { values: {} };
  const { phases, values } = measured;
  const connect = phases.find((phase) => phase.name === 'connect');
  const clients = values['clients.connected'] ?? 0;
  const billed = load.publish && billedTraffic(scenario, measured);
  const traffic = phases.filter((phase) => billed?.phases.includes(phase.name));
  const returned = load.publish ? 0 : reconnects(measured);
  // A fleet whose clients were disturbed is not idle.
  const isIdle = !load.publish && measured.events.every(({ metrics }) => metrics === undefined);
  return {
    // What is divided by none is no number.
    values: finite({
      ...(connect && perUnit('connect', [connect], clients)),
      ...(billed && perUnit('message', traffic, billed.messages)),
      'machine.message.cpu': billed && sum(traffic, machineOfRun) / billed.messages,
      ...perUnit('reconnect', phasesFromFirstEvent(scenario, phases), returned),
      ...(isIdle && idleValues(phases.filter(isTraffic), clients)),
    }),
    billed: billed && billed.messages > 0 ? billed : undefined,
  };
}

/**
 * The phases that a message is billed by, and how many messages they carried. Where the timeline disturbs anything these
 * are the windows that end before it does, in every arm: behind them the bill holds the handshakes of whoever had to
 * reconnect, and a message does not cost those. Without such a window it is all of the traffic. A message counts when
 * it was acknowledged, with QoS 0 when it was written.
 */
function billedTraffic(
  { timeline, windows, trafficMicros }: Pick<ResolvedScenario, 'timeline' | 'windows' | 'trafficMicros'>,
  { phases, windows: measured, ledger }: Measured,
): { phases: string[]; messages: number } {
  const firstEvent = Math.min(...timeline.filter(disturbs).map(({ atMicros }) => atMicros));
  const calm = windows.filter((_, i) => (windows[i + 1]?.fromMicros ?? trafficMicros) <= firstEvent);
  const of = (name: string): number => {
    const duration = phases.find((phase) => phase.name === name)?.durationMicros ?? 0;
    return ((measured[name]?.values['rate.achieved'] ?? 0) * duration) / 1e6;
  };
  if (Number.isFinite(firstEvent) && sum(calm, ({ name }) => of(name)) > 0) {
    return { phases: calm.map(({ name }) => name), messages: sum(calm, ({ name }) => of(name)) };
  }
  return {
    phases: phases.filter(isTraffic).map(({ name }) => name),
    messages: doneOf(ledger),
  };
}

/** Messages of the whole cell that count: each by its QoS. */
const doneOf = (ledger: Measured['ledger']): number =>
  sum(ledger, ({ qos, sent, acknowledged }) => (qos === 0 ? sent : acknowledged));

/** From the window in which the first event happens to the end: where clients come back. */
function phasesFromFirstEvent(
  { timeline, windows }: Pick<ResolvedScenario, 'timeline' | 'windows'>,
  phases: readonly PhaseUse[],
): PhaseUse[] {
  const firstEvent = Math.min(...timeline.map(({ atMicros }) => atMicros));
  const window = windows.filter(({ fromMicros }) => fromMicros <= firstEvent).at(-1);
  const traffic = phases.filter(isTraffic);
  return traffic.slice(
    Math.max(
      0,
      traffic.findIndex(({ name }) => name === window?.name),
    ),
  );
}

/** How often clients came back, over all events; in results of old the last event's alone. */
function reconnects({ events, values }: Measured): number {
  const each = events.map(({ metrics }) => metrics?.values['clients.reconnected']).filter((n) => n !== undefined);
  return each.length > 0 ? sum(each, (n) => n) : (values['clients.reconnected'] ?? 0);
}

function perUnit(unit: 'connect' | 'message' | 'reconnect', phases: readonly PhaseUse[], count: number): Values {
  const per = (value: (phase: PhaseUse) => number): number => sum(phases, value) / count;
  return {
    [`wire.${unit}.up`]: per((phase) => of(phase, 'up', 'bytesIn')),
    [`wire.${unit}.down`]: per((phase) => of(phase, 'down', 'bytesIn')),
    [`wire.${unit}.packets`]: per((phase) => of(phase, 'up', 'packetsIn') + of(phase, 'down', 'packetsIn')),
    [`broker.${unit}.cpu`]: per(brokerCpu),
  };
}

/** Of a fleet that only keeps its connections: per client and minute. */
function idleValues(traffic: readonly PhaseUse[], clients: number): Values {
  const minutes = sum(traffic, (phase) => phase.durationMicros) / 60e6;
  return {
    'wire.idle.up': sum(traffic, (phase) => of(phase, 'up', 'bytesIn')) / clients / minutes,
    'wire.idle.down': sum(traffic, (phase) => of(phase, 'down', 'bytesIn')) / clients / minutes,
  };
}

const isTraffic = ({ name }: PhaseUse): boolean => name !== 'connect';

const of = (phase: PhaseUse, direction: 'up' | 'down', counter: string): number =>
  phase.link?.[direction]?.[counter] ?? Number.NaN;

/** nginx or the gateway, where one stands before the broker, does a part of its work and is billed with it. */
function brokerCpu({ resources }: PhaseUse): number {
  // Of a broker that runs elsewhere nobody knows, and 0 would be a number.
  if (!resources.some(({ role }) => role === 'broker')) return Number.NaN;
  const ofBroker = resources.filter(({ role }) => role === 'broker' || role === 'nginx' || role === 'gateway');
  return sum(ofBroker, (role) => role.cpuUserMicros + role.cpuSystemMicros);
}

const sum = <T>(list: readonly T[], value: (one: T) => number): number =>
  list.reduce((total, one) => total + value(one), 0);

/** Only numbers that are numbers. */
const finite = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
