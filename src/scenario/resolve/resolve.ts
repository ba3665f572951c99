import { resolve as resolvePath } from 'node:path';
import { ExpectationMistake, type KnownNames } from '../../expect/expectation.js';
import { firstWords } from '../../expect/names.js';
import type { Possible } from '../../expect/possible.js';
import { parseShown } from '../../expect/shown-number.js';
import { type FleetPlan, highestSent } from '../../plan/plan.js';
import { clientDefaults, quicConflicts } from '../../transport/quic/settings.js';
import { disturbs } from '../disturbing.js';
import type { EventInput } from '../language/events.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ScenarioInput } from '../language/schema.js';
import { conditions } from '../matrix.js';
import { quicTerms } from '../quic-terms.js';
import type { ResolvedScenario } from '../types.js';
import { resolveArms } from './arms.js';
import { levelsOf } from './asked.js';
import { againstBrokers, checkCertificates, checkKeys, resolveBrokers } from './brokers.js';
import { wrongExpectations } from './expectations.js';
import { levelsOfAll, resolveFleets } from './fleets.js';
import { resolveLoads } from './load.js';
import { loopback, resolveNetworks } from './networks.js';
import { resolveSearch } from './search.js';
import { checkTopicStreams } from './streams.js';
import { resolveTimeline, resolveWindows } from './timeline.js';

export interface HowToResolve {
  readonly quick: boolean;
  /** That files which a scenario names are seen from. */
  readonly folder: string;
  /**
   * The command line changed something in a valid file, which expects this: what of it is about something that is not
   * there any more (another round trip, an arm left out) is left out with it, and said. Undefined: the file as it is.
   */
  readonly expectedInFile?: readonly string[];
  /** The same of what the file shows. */
  readonly shownInFile?: readonly string[];
}

/** Fills in every default and checks what fields mean together. The result is only valid when no mistake was added. */
export function resolve(input: ScenarioInput, name: string, how: HowToResolve, mistakes: Mistakes): ResolvedScenario {
  const hasLab = input.network !== 'none';
  const brokers = resolveBrokers(input.brokers, hasLab, mistakes);
  const asWritten = resolveArms(
    input.arms,
    input.fleets ? levelsOfAll(input.fleets, input.load) : levelsOf(input.load),
    how.folder,
    mistakes,
  );
  const arms = againstBrokers(asWritten, brokers);
  const networks = input.network === 'none' ? [loopback] : resolveNetworks(input.network, ['network'], mistakes);
  checkAgents(input, mistakes);
  if (!hasLab && input.lab) mistakes.add(['lab'], 'with "network: none" there is no lab', true);
  const loads: Loads = input.fleets
    ? resolveFleets(input.fleets, input.load, how.folder, mistakes)
    : resolveLoads(input.load, how.folder, mistakes);
  checkKeys(input, brokers, mistakes);
  checkCertificates(asWritten, brokers, mistakes);
  checkTopicStreams(input, mistakes);
  const timeline = onArms(resolveTimeline(input.timeline, input.load.duration, hasLab, mistakes), arms);
  for (const [index, arm] of asWritten.entries()) {
    // What an arm sets, together with what a scenario's load means for QUIC.
    const terms = quicTerms({ arm, load: loads.load, network: networks[0] ?? loopback }, undefined);
    for (const conflict of quicConflicts({ ...clientDefaults, ...terms })) {
      mistakes.add(['arms', index, 'quic'], conflict);
    }
  }
  const windows = resolveWindows(input.measure, timeline, input.load.duration, mistakes);
  const possible = possibleOf(input, loads, arms, timeline);
  const known: KnownNames = {
    arms: arms.map((arm) => arm.name),
    networks: conditions({ networks, ...loads }).map(({ network }) => network.name),
    windows: windows.map((window) => window.name),
    events: timeline.map((event) => ({ ...event, disturbs: disturbs(event) })),
    possible,
    fleets: loads.fleets?.map((fleet) => ({ name: fleet.name, possible: possibleTo(fleet.load, possible) })),
  };
  checkNames(input, [...known.arms, ...asWritten.map((arm) => arm.name)], mistakes);
  const wrong = wrongExpectations(input.expect, known);
  const leftOut: NonNullable<ResolvedScenario['leftOut']>[number][] = [];
  for (const [index, { message, absent }] of wrong) {
    const text = input.expect[index] as string;
    if (absent !== undefined && how.expectedInFile?.includes(text)) leftOut.push({ text, about: absent });
    else mistakes.add(['expect', index], message);
  }
  const { title, why, sources, repeat, seed, workers, agents, search } = input;
  return {
    ...{ name, title, why: why?.trim(), sources, arms, networks },
    lab: hasLab ? (input.lab ?? { clientAddresses: 1 }) : undefined,
    ...loads,
    trafficMicros: input.load.duration,
    drainMicros: input.load.drain,
    search: search && resolveSearch(search, input, loads, known, mistakes),
    ...{ timeline, windows, repeat, seed, workers },
    agents: agents && withFiles(agents, how.folder),
    expect: input.expect.filter((_, index) => !wrong.has(index)),
    show: resolveShow(input.show, known, how, mistakes),
    leftOut: leftOut.length > 0 ? leftOut : undefined,
    quick: how.quick,
  };
}

/** What is of this machine has no place where the load runs on others. */
function checkAgents({ agents, workers }: ScenarioInput, mistakes: Mistakes): void {
  if (agents === undefined) return;
  if (workers !== undefined)
    mistakes.add(
      ['workers'],
      'is of load workers of this machine, and with agents there are none: mqbench agent --workers',
    );
}

/** Files are seen from the scenario's folder. */
const withFiles = (agents: NonNullable<ScenarioInput['agents']>, folder: string): ScenarioInput['agents'] =>
  agents.credentials === undefined ? agents : { ...agents, credentials: resolvePath(folder, agents.credentials) };

type Loads = Pick<ResolvedScenario, 'load' | 'loads' | 'fleets'>;

/** An event of an arm is one of that arm on every broker. */
function onArms(timeline: ResolvedScenario['timeline'], arms: ResolvedScenario['arms']): ResolvedScenario['timeline'] {
  const named = (names: readonly string[]): string[] =>
    arms.filter(({ name, base = name }) => names.includes(base) || names.includes(name)).map(({ name }) => name);
  return timeline.map((event) => (event.arms === undefined ? event : { ...event, arms: named(event.arms) }));
}

/** Names of windows and events that are taken, and arms of events that there are not. */
function checkNames(
  { measure = [], timeline, fleets = [] }: ScenarioInput,
  arms: readonly string[],
  mistakes: Mistakes,
): void {
  for (const [list, entries] of Object.entries({ measure, timeline, fleets })) {
    for (const [index, { name }] of entries.entries()) {
      if (name !== undefined && (arms.includes(name) || firstWords.has(name)))
        mistakes.add([list, index, 'name'], `"${name}" is already the name of an arm or a metric`);
    }
  }
  const kinds = fleets.map(({ name }) => name);
  for (const [list, entries] of Object.entries({ measure, timeline })) {
    for (const [index, { name }] of entries.entries())
      if (name !== undefined && kinds.includes(name))
        mistakes.add([list, index, 'name'], `"${name}" is already the name of a fleet`);
  }
  for (const [index, event] of timeline.entries()) {
    for (const [place, fleet] of ((event as EventInput).fleets ?? []).entries()) {
      const says = kinds.length === 0 ? 'the load is one fleet' : `there are: ${kinds.join(', ')}`;
      if (!kinds.includes(fleet))
        mistakes.add(['timeline', index, 'fleets', place], `no fleet is called "${fleet}"; ${says}`);
    }
    for (const [place, arm] of (event.arms ?? []).entries()) {
      if (!arms.includes(arm))
        mistakes.add(['timeline', index, 'arms', place], `no arm is called "${arm}"; there are: ${arms.join(', ')}`);
    }
  }
}

/** Which numbers there can be. */
function possibleOf(
  { network, load: { duration }, search }: ScenarioInput,
  { load, loads, fleets }: Loads,
  arms: ResolvedScenario['arms'],
  timeline: ResolvedScenario['timeline'],
): Possible {
  const all = fleets ?? loads ?? [{ load }];
  const lab = network !== 'none';
  const fronts = [...new Set(arms.map(({ terminator }) => terminator))].filter((one) => one !== 'broker');
  const isOurs = arms.some(({ broker }) => broker?.kind !== 'url');
  return {
    lab,
    publishes: load.publish !== undefined,
    asks: all.some((one) => one.load.publish?.request),
    qos: Math.max(0, ...all.map((one) => highestSent(one.load))) as 0 | 1 | 2,
    subscribes: load.subscribe !== undefined,
    hearsOthers: false,
    traffic: duration > 0,
    disturbed: timeline.some(disturbs),
    search: search !== undefined,
    roles: ['load', ...(isOurs ? ['broker'] : []), ...fronts, ...(lab ? ['emulator'] : [])],
  };
}

/** The same of one of several fleets. */
const possibleTo = ({ publish, subscribe }: FleetPlan, all: Possible): Possible => ({
  ...all,
  publishes: publish !== undefined,
  subscribes: subscribe !== undefined,
  qos: highestSent({ publish }),
  asks: publish?.request,
  fleetsPublish: all.publishes,
});

/** The numbers that are to be shown; of a valid file, without those that the command line took away. */
function resolveShow(
  texts: readonly string[] = [],
  known: KnownNames,
  { shownInFile = [] }: HowToResolve,
  mistakes: Mistakes,
): ResolvedScenario['show'] {
  const numbers = texts.flatMap((text, index) => {
    try {
      return [parseShown(text, known)];
    } catch (error) {
      if (!(error instanceof ExpectationMistake)) throw error;
      if (error.absent === undefined || !shownInFile.includes(text)) mistakes.add(['show', index], error.message);
      return [];
    }
  });
  return numbers.length === 0 ? undefined : numbers;
}
