import { around } from '../../base/text/shortened.js';
import { ExpectationMistake, type KnownNames } from '../../expect/expectation.js';
import { firstWords } from '../../expect/names.js';
import { parseExpectation } from '../../expect/parse.js';
import type { Possible } from '../../expect/possible.js';
import { type NumberName, parseShown } from '../../expect/shown-number.js';
import { clientDefaults, quicConflicts } from '../../transport/quic/settings.js';
import { disturbs } from '../disturbing.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ScenarioInput, SearchInput } from '../language/schema.js';
import { conditions } from '../matrix.js';
import { quicTerms } from '../quic-terms.js';
import type { LeftOut, ResolvedNetwork, ResolvedScenario, ResolvedSearch } from '../types.js';
import { resolveArms } from './arms.js';
import { levelsOf, resolveLoads } from './load.js';
import { loopback, resolveNetworks } from './networks.js';
import { resolveTimeline, resolveWindows } from './timeline.js';

export interface HowToResolve {
  readonly quick: boolean;
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
  const arms = resolveArms(input.arms, levelsOf(input.load), mistakes);
  const hasLab = input.network !== 'none';
  const networks = input.network === 'none' ? [loopback] : resolveNetworks(input.network, ['network'], mistakes);
  if (!hasLab && input.lab) mistakes.add(['lab'], 'with "network: none" there is no lab', true);
  const loads = resolveLoads(input.load, mistakes);
  const timeline = resolveTimeline(input.timeline, input.load.duration, hasLab, mistakes);
  checkQuic(arms, loads.load, networks[0] ?? loopback, mistakes);
  const windows = resolveWindows(input.measure, timeline, input.load.duration, mistakes);
  for (const [index, window] of (input.measure ?? []).entries()) {
    if (arms.some((arm) => arm.name === window.name) || firstWords.has(window.name)) {
      mistakes.add(['measure', index, 'name'], `"${window.name}" is already the name of an arm or a metric`);
    }
  }
  for (const [index, event] of input.timeline.entries()) {
    if (event.name !== undefined && (arms.some((arm) => arm.name === event.name) || firstWords.has(event.name))) {
      mistakes.add(['timeline', index, 'name'], `"${event.name}" is already the name of an arm or a metric`);
    }
    for (const [place, arm] of (event.arms ?? []).entries()) {
      const known = arms.map(({ name }) => name);
      if (known.includes(arm)) continue;
      mistakes.add(['timeline', index, 'arms', place], `no arm is called "${arm}"; there are: ${known.join(', ')}`);
    }
  }
  const names = conditions({ networks, ...loads }).map(({ network }) => network);
  const possible = possibleOf(input, arms, timeline);
  const wrong = wrongExpectations(input.expect, { arms, networks: names, windows, timeline, possible });
  const leftOut: LeftOut[] = [];
  for (const [index, { message, absent }] of wrong) {
    const text = input.expect[index] as string;
    if (absent !== undefined && how.expectedInFile?.includes(text)) leftOut.push({ text, about: absent });
    else mistakes.add(['expect', index], message);
  }
  const expect = input.expect.filter((_, index) => !wrong.has(index));
  const show = resolveShow(
    input.show,
    knownNames({ arms, networks: names, windows, timeline, possible }),
    how,
    mistakes,
  );
  const { title, why, sources, repeat, seed, workers } = input;
  return {
    name,
    title,
    ...(why === undefined ? {} : { why: why.trim() }),
    sources,
    arms,
    networks,
    ...(hasLab ? { lab: input.lab ?? { clientAddresses: 1 } } : {}),
    ...loads,
    trafficMicros: input.load.duration,
    drainMicros: input.load.drain,
    ...(input.search ? { search: resolveSearch(input.search, input.load, possible, mistakes) } : {}),
    timeline,
    windows,
    repeat,
    seed,
    ...(workers === undefined ? {} : { workers }),
    expect,
    ...(show === undefined ? {} : { show }),
    ...(leftOut.length > 0 ? { leftOut } : {}),
    quick: how.quick,
  };
}

/** What an arm sets, together with what a scenario's load means for QUIC. */
function checkQuic(
  arms: ResolvedScenario['arms'],
  load: ResolvedScenario['load'],
  network: ResolvedNetwork,
  mistakes: Mistakes,
): void {
  for (const [index, arm] of arms.entries()) {
    const settings = { ...clientDefaults, ...quicTerms({ arm, load, network }, undefined) };
    for (const conflict of quicConflicts(settings)) mistakes.add(['arms', index, 'quic'], conflict);
  }
}

/** Which numbers there can be. */
function possibleOf(
  { network, load, search }: ScenarioInput,
  arms: ResolvedScenario['arms'],
  timeline: ResolvedScenario['timeline'],
): Possible {
  const { publish, subscribe, subscribers, duration } = load;
  const lab = network !== 'none';
  const nginx = arms.some(({ terminator }) => terminator === 'nginx');
  return {
    lab,
    publishes: publish !== undefined,
    qos: Math.max(0, ...[publish?.qos ?? 0].flat()) as 0 | 1 | 2,
    subscribes: subscribe !== undefined || subscribers !== undefined,
    hearsOthers: false,
    traffic: duration > 0,
    disturbed: timeline.some(disturbs),
    search: search !== undefined,
    roles: ['load', 'broker', ...(nginx ? ['nginx'] : []), ...(lab ? ['emulator'] : [])],
  };
}

function resolveSearch(
  input: SearchInput,
  load: ScenarioInput['load'],
  possible: Possible,
  mistakes: Mistakes,
): ResolvedSearch {
  if (input.to <= input.from) mistakes.add(['search', 'to'], 'must be more than from');
  if (input.share <= 0) mistakes.add(['search', 'share'], 'must be more than nothing');
  if (input.duration < 1_000_000) mistakes.add(['search', 'duration'], 'a rate cannot be judged in less than 1s');
  if (!load.publish) mistakes.add(['search'], 'searches a publish rate, but load has no publish', true);
  if (load.publish?.stages) mistakes.add(['search'], 'searches one rate, but load.publish has stages', true);
  const known = { arms: [], networks: [], windows: [], timeline: [] };
  const ofOneRun = { ...possible, disturbed: false, search: false };
  for (const [index, { message }] of wrongExpectations(input.hold, { ...known, possible: ofOneRun })) {
    mistakes.add(['search', 'hold', index], message);
  }
  const { from, to, hold, duration, steps, share } = input;
  return { fromRate: from, toRate: to, hold, trafficMicros: duration, steps, share };
}

/** The numbers that are to be shown; of a valid file, without those that the command line took away. */
function resolveShow(
  texts: readonly string[] | undefined,
  known: KnownNames,
  { shownInFile = [] }: HowToResolve,
  mistakes: Mistakes,
): NumberName[] | undefined {
  const numbers = (texts ?? []).flatMap((text, index): NumberName[] => {
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

/** The names of a scenario that its expectations may use. */
interface Named
  extends Record<'arms' | 'networks' | 'windows', readonly { readonly name: string }[]>,
    Pick<ResolvedScenario, 'timeline'> {
  readonly possible: Possible;
}

function knownNames({ arms, networks, windows, timeline, possible }: Named): KnownNames {
  const names = (of: readonly { readonly name: string }[]): string[] => of.map(({ name }) => name);
  const events = timeline.map((event) => ({ ...event, disturbs: disturbs(event) }));
  return { arms: names(arms), networks: names(networks), windows: names(windows), events, possible };
}

export interface WrongExpectation {
  readonly message: string;
  /** The arm, network, window, event or number that is not there; undefined: the text itself is wrong. */
  readonly absent: string | undefined;
}

/** By place in the list, what is wrong with an expectation. @param named without, names of cells are not checked */
export function wrongExpectations(expectations: readonly string[], named?: Named): Map<number, WrongExpectation> {
  const known = named && knownNames(named);
  const wrong = new Map<number, WrongExpectation>();
  for (const [index, text] of expectations.entries()) {
    try {
      parseExpectation(text, known);
    } catch (error) {
      if (!(error instanceof ExpectationMistake)) throw error;
      const message = `at character ${error.column} of "${around(text, error.column)}": ${error.message}`;
      wrong.set(index, { message, absent: error.absent });
    }
  }
  return wrong;
}
