import { basename } from 'node:path';
import { wrap } from '../base/text/wrap.js';
import { formatCount, formatCounted, formatDuration, formatRate, formatShare } from '../base/units.js';
import { linkTexts } from '../lab/netem/text.js';
import { churnText, publishText, reconnectText, subscribeText, willText } from '../plan/describe.js';
import type { FleetPlan } from '../plan/plan.js';
import { clientStagesText } from '../plan/stages.js';
import { takesTurns, tooLate } from './disturbing.js';
import { estimateCellMicros } from './estimate.js';
import { eventKind } from './events/kinds.js';
import { armWords } from './language/arm.js';
import { brokersOf, planCells, runOrder } from './matrix.js';
import { estimateScenarioMicros, estimateSearch, searchPlan } from './search-plan.js';
import type {
  PlannedCell,
  ResolvedArm,
  ResolvedNetwork,
  ResolvedScenario,
  ResolvedSearch,
  TimelineEvent,
} from './types.js';

/** What a scenario does, in sentences of at most so many columns: the first thing a run says, and all of --dry-run. */
export function describeScenario(scenario: ResolvedScenario, columns = 80): string {
  const cells = planCells(scenario);
  const total = estimateScenarioMicros(scenario, cells);
  const each = estimateCellMicros(scenario, cells[0]?.network);
  const windows = scenario.windows.map(({ name, fromMicros }) => `${name} from ${formatDuration(fromMicros)}`);
  const ids = runOrder(cells, scenario).map((cell) => cell.id);
  const expects = scenario.expect.length;
  const repeats = scenario.repeat > 1 ? `, ${scenario.repeat} times each` : '';
  const sentences = [
    `Arms: ${[...new Set(cells.map(({ arm }) => arm))].map(armText).join('; ')}.`,
    ...brokersText(cells),
    `Networks: ${networksOf(scenario, cells).map(networkText).join('; ')}.`,
    ...agentsText(scenario),
    ...(scenario.loads ? [`Each with a load of ${scenario.loads.map(({ name }) => name).join(', ')}.`] : []),
    ...fleetsText(scenario),
    ...searchText(scenario, cells),
    ...scenario.timeline.slice(0, 10).map(eventText),
    ...(scenario.timeline.length > 10 ? [`… and ${scenario.timeline.length - 10} more events.`] : []),
    ...togetherTexts(scenario),
    ...lateEventsText(scenario),
    ...(windows.length > 0 ? [`Measured apart: ${windows.join(', ')}.`] : []),
    `${formatCounted(cells.length, 'cell')}${repeats}, about ${formatDuration(each)} each, ${formatDuration(total)} in all:`,
    listed(ids, 24, ', …'),
    ...(expects > 0 ? [`${formatCounted(expects, 'expectation is', 'expectations are')} judged at the end.`] : []),
    ...leftOutText(scenario),
  ];
  const quick = scenario.quick ? ' (quick)' : '';
  return [
    `${scenario.title}${quick}`,
    ...sentences.flatMap((sentence) => wrap(sentence, Math.min(80, Math.max(20, columns)) - 2)).map((l) => `  ${l}`),
  ].join('\n');
}

/** Where the load runs, if not here. */
function agentsText({ agents, lab }: ResolvedScenario): string[] {
  if (agents === undefined) return [];
  const { url, min = 1, select = [], mayLose = 0 } = agents;
  const which = select.length > 0 ? ` with ${select.join(', ')}` : '';
  const own = lab ? ', each behind a link of its own' : '';
  const less = mayLose > 0 ? `, which may lose ${formatShare(mayLose)} of the clients` : '';
  return [`On ${formatCounted(min, 'agent')} or more${which} at ${url}${own}${less}.`];
}

/** What the file expects and the command line leaves nothing to judge by. */
function leftOutText({ leftOut = [] }: ResolvedScenario): string[] {
  return [...new Set(leftOut.map(({ about }) => about))].map((what) => {
    const texts = leftOut.filter(({ about }) => about === what).map(({ text }) => text);
    return `Left out: ${formatCounted(texts.length, 'expectation')} about ${what}: ${texts.join('; ')}.`;
  });
}

/** Without those that --only leaves out. */
function networksOf({ networks, loads }: ResolvedScenario, cells: readonly PlannedCell[]): readonly ResolvedNetwork[] {
  if (loads) return networks; // their names are a part of the cells' networks
  return networks.filter(({ name }) => cells.some(({ network }) => network.name === name));
}

/** What is not mqbench's own, with what starts it. */
function brokersText(cells: readonly PlannedCell[]): string[] {
  const brokers = brokersOf(cells);
  if (brokers.size === 0) return [];
  const texts = [...brokers].map(([name, broker]) => {
    if (broker === undefined) return name;
    if (broker.kind === 'url') return `${name} (${Object.keys(broker.addresses).join(', ')})`;
    const { image, command, program } = broker;
    const started = command.replaceAll('{program}', program?.[0] ?? '');
    return `${name} (${[image && `image ${image}`, started].filter(Boolean).join(': ')})`;
  });
  return [`Brokers: ${texts.join('; ')}.`];
}

function armText(arm: ResolvedArm): string {
  const what = [...(arm.name === arm.transport ? [] : [arm.transport]), ...armWords(arm)];
  return what.length > 0 ? `${arm.name} (${what.join(', ')})` : arm.name;
}

function networkText({ name, profile, nat }: ResolvedNetwork): string {
  const policy = nat === undefined ? [] : [`a NAT that ${nat === 'drop' ? 'drops' : 'forwards'} unknown flows`];
  return `${name} (${[...linkTexts(profile), ...policy].join(', ') || 'nothing added'})`;
}

/** What the clients of a cell do; of several fleets one after the other. */
function fleetsText(scenario: ResolvedScenario): string[] {
  const { load, fleets, trafficMicros, drainMicros } = scenario;
  const lasting = `for ${formatDuration(trafficMicros)}; then up to ${formatDuration(drainMicros)} for what is under way`;
  if (fleets === undefined)
    return [
      `In each cell ${fleetText(load)}`,
      ...(trafficMicros === 0 ? [] : [`${trafficText(load)}${load.publish ? ',' : ''} ${lasting}.`]),
    ];
  const clients = `${formatCounted(load.clients, 'client')} of ${formatCounted(fleets.length, 'fleet')}`;
  return [
    `In each cell ${clients}, each fleet with load worker processes of its own (${fleets.length} at least):`,
    ...fleets.map((fleet) => {
      const text = `${fleet.name}: ${fleetText(fleet.load)}`;
      return trafficMicros === 0 || !fleet.load.publish ? text : `${text} ${trafficText(fleet.load)}.`;
    }),
    ...(trafficMicros === 0 ? [] : [`Messages flow ${lasting}.`]),
  ];
}

function fleetText(load: FleetPlan): string {
  const seconds = formatDuration((load.clients / load.connectRate) * 1e6);
  const group = load.publishers === undefined ? '' : `${formatCount(load.clients - load.publishers)} of them `;
  const connect = load.clients === 1 ? 'connects' : 'connect';
  const back = reconnectText(load.reconnect);
  const how = load.clientStages
    ? clientStagesText(load.clientStages)
    : `at ${formatRate(load.connectRate)} (${seconds})`;
  const parts = [
    `${formatCounted(load.clients, 'client')} ${connect} ${how}`,
    load.feeder && `take their names from ${basename(load.feeder)}`,
    load.subscribe && `${group}${subscribeText(load.subscribe)}`,
    willText(load.will),
    churnText(load.churn),
    back && `and ${back}`,
  ];
  return `${parts.filter((part) => part !== undefined).join(', ')}.`;
}

function trafficText({ publish, publishers }: FleetPlan): string {
  if (!publish) return 'They stay connected';
  const who = publishers === undefined ? 'They' : `The other ${formatCount(publishers)}`;
  return `${who} ${publishText(publish)}`;
}

function searchText(scenario: ResolvedScenario, cells: readonly PlannedCell[]): string[] {
  const { search } = scenario;
  if (!search) return [];
  const { runs, micros } = estimateSearch(scenario, search, cells);
  const range = `${formatRate(search.fromRate)} and ${formatRate(search.toRate)}`;
  const shared = searchPlan(cells).flatMap(({ cell, sharedBy }) =>
    sharedBy.map(({ id }) => `${id} shares the search of ${cell.id}: without events their runs are the same.`),
  );
  return [
    `Before, in about ${formatDuration(micros.usual)}: the highest rate${ofFleets(scenario, search)} between ${range} that each arm holds ` +
      `(${search.hold.join(', ')}), by ${runs.usual} runs or fewer when each rate's second run says what its first did, ` +
      `and at most ${runs.most} in ${formatDuration(micros.most)}. ` +
      `The cells run at ${formatShare(search.share)} of the lowest of them.`,
    ...shared,
  ];
}

/** Whose rate is searched, where there are several. */
function ofFleets({ fleets }: ResolvedScenario, { fleet }: ResolvedSearch): string {
  if (fleets === undefined) return '';
  return fleet === undefined ? ' of all fleets together, whose rates keep their shares,' : ` of the fleet ${fleet}`;
}

function eventText(event: TimelineEvent): string {
  const only = [...(event.arms ?? []), ...(event.fleets ?? []).map((name) => `the fleet ${name}`)];
  const where = only.length > 0 ? ` (only ${only.join(', ')})` : '';
  return `After ${formatDuration(event.atMicros)}${where} ${eventKind(event.kind)?.sentence(event)}.`;
}

/** Events that an arm has at one time: what becomes of it is of all of them together. */
function togetherTexts({ timeline }: ResolvedScenario): string[] {
  const names = (events: readonly TimelineEvent[]): string => events.map(({ name }) => name).join(', ');
  const groups = [...new Set(timeline.map(({ atMicros }) => atMicros))].map((time) => {
    const ofTime = timeline.filter(({ atMicros }) => atMicros === time);
    return ofTime.filter((one) => ofTime.some((other) => other !== one && meet(one, other)));
  });
  const together = groups.filter((events) => events.length > 0).slice(0, 3);
  return together.map((events) => {
    const turns = events.filter(takesTurns);
    const order = `; ${names(turns)} change the NAT and follow one another so, each some tens of ms later`;
    const time = formatDuration(events[0]?.atMicros ?? 0);
    return `Of one time (${time}) are ${names(events)}: they begin together${turns.length > 1 ? order : ''}.`;
  });
}

const meet = (a: TimelineEvent, b: TimelineEvent): boolean =>
  a.arms === undefined || b.arms === undefined || a.arms.some((arm) => b.arms?.includes(arm));

/** What the run is too short for, so that nobody learns from its result that fleets die. */
function lateEventsText(scenario: ResolvedScenario): string[] {
  const late = tooLate(scenario);
  if (late.length === 0) return [];
  const list = late.map(({ name, leftMicros }) => `${name} (${formatDuration(Math.max(0, leftMicros))})`);
  return [
    `Warning: what is left of traffic and drain after ${listed(list, 3, ' and')} is shorter than deadAfter (${formatDuration(scenario.load.deadAfterMicros)}):`,
    'clients that are cut off in silence have no time to notice and come back, and count as lost.',
  ];
}

/** The first of a list. */
function listed(all: readonly string[], most: number, more: string): string {
  const shown = all.slice(0, most).join(', ');
  return all.length > most ? `${shown}${more} ${all.length - most} more` : shown;
}
