import { definedOf } from '../../base/own.js';
import { didYouMean } from '../../base/text/nearest.js';
import type { Levels } from '../../plan/asked.js';
import { type NamedFleet, together } from '../../plan/fleets.js';
import { ofFleets } from '../language/fleets.js';
import type { Mistakes } from '../language/mistakes.js';
import type { FleetInput, LoadInput } from '../language/schema.js';
import type { ResolvedScenario } from '../types.js';
import { levelsOf } from './asked.js';
import { resolveLoad, type SingleLoad, type WrongField } from './load.js';

/** Fields of a fleet that were written, without its name. */
type Written = Partial<LoadInput> & Pick<LoadInput, 'clients'>;

/** Several kinds of clients in every cell. @param common what a fleet does not say for itself */
export function resolveFleets(
  inputs: readonly FleetInput[],
  common: LoadInput,
  folder: string,
  mistakes: Mistakes,
): Pick<ResolvedScenario, 'load' | 'fleets'> {
  const fleets = checkFleets(inputs, common, folder, mistakes);
  return { load: together(fleets.map(({ load }) => load)), fleets };
}

/** The same, of those that can be read. @param inputs undefined: one that cannot */
export function checkFleets(
  inputs: readonly (FleetInput | undefined)[],
  common: LoadInput,
  folder: string,
  mistakes: Mistakes,
): NamedFleet[] {
  const heard = inputs.some((input) => input?.subscribe !== undefined);
  const names = new Set<string>();
  const fleets = inputs.flatMap((input, index): { index: number; fleet: NamedFleet }[] => {
    if (input === undefined) return [];
    const { name, ...fields } = input;
    const path = ['fleets', index] as const;
    if (names.has(name)) mistakes.add([...path, 'name'], `two fleets are called "${name}"`);
    names.add(name);
    const written = writtenOf(fields);
    const wrong = (place: readonly (string | number)[], message: string, atKey?: boolean): void => {
      // What it has from `load` is mended there, once for all.
      const isOwn = place[0] !== undefined && Object.hasOwn(written, place[0]);
      mistakes.add([...(isOwn ? path : ['load']), ...place], message, atKey);
    };
    const load = resolveLoad(singleOf({ ...common, ...written }, wrong), wrong, { folder, heard });
    return [{ index, fleet: { name, load } }];
  });
  checkMarks(fleets, mistakes);
  return fleets.map(({ fleet }) => fleet);
}

/** Whoever gets messages that are measured by a user property has to speak the MQTT that carries it. */
function checkMarks(fleets: readonly { index: number; fleet: NamedFleet }[], mistakes: Mistakes): void {
  const marking = fleets.find(({ fleet }) => fleet.load.publish?.stampIn === 'property')?.fleet.name;
  for (const { index, fleet } of fleets) {
    const { subscribe, mqttVersion } = fleet.load;
    if (marking === undefined || subscribe === undefined || mqttVersion === 5) continue;
    const says = `must be 5: what ${marking} publishes is measured by a user property (stamp), which MQTT before 5 does not carry`;
    mistakes.add(['fleets', index, 'mqttVersion'], says);
  }
}

/** What nobody wrote is not there, so that it does not hide what `load` says. */
const writtenOf = (fields: object): Written => definedOf(fields) as Written;

/** Lists multiply the cells of a load; a fleet is one of several in a cell. */
function singleOf(input: LoadInput, wrong: WrongField): SingleLoad {
  const { publish } = input;
  if (publish === undefined) return { ...input, publish };
  for (const field of ['payload', 'qos'] as const)
    if (Array.isArray(publish[field]))
      wrong(
        ['publish', field],
        'a list multiplies the cells of a load, and a fleet is one of several in each: give one value',
      );
  const [payload] = [publish.payload].flat() as [NonNullable<SingleLoad['publish']>['payload']];
  const [qos] = [publish.qos].flat() as [NonNullable<SingleLoad['publish']>['qos']];
  return { ...input, publish: { ...publish, payload, qos } };
}

/** What `load` says beside fleets though each of them says it for itself. @param data of the file */
export function checkCommon(data: unknown, mistakes: Mistakes): void {
  const { load, fleets } = data as { load?: unknown; fleets?: unknown };
  if (fleets === undefined || typeof load !== 'object' || load === null) return;
  for (const field of ofFleets) {
    if (Object.hasOwn(load, field))
      mistakes.add(['load', field], 'is said by each fleet for itself: leave it out here, or the fleets', true);
  }
}

/** What of all fleets not every transport carries. */
export function levelsOfAll(fleets: readonly FleetInput[], common: Pick<LoadInput, 'psk'>): Levels {
  const all = fleets.map(levelsOf);
  const qos = all.flatMap((one) => one.qos ?? []);
  return {
    qos: qos.length > 0 ? qos : undefined,
    filterQos: all.flatMap((one) => one.filterQos ?? []),
    topicAlias: all.some(({ topicAlias }) => topicAlias) || undefined,
    reads: all.find(({ reads }) => reads !== undefined)?.reads,
    pskFile: common.psk?.file ?? all.find(({ pskFile }) => pskFile !== undefined)?.pskFile,
  };
}

/** Names in the quick part that no fleet of the file has. */
export function checkQuickFleets(data: unknown, quick: unknown, mistakes: Mistakes): void {
  const [all, part] = [data, quick].map((one) => (one as { fleets?: unknown } | undefined)?.fleets);
  if (typeof part !== 'object' || part === null) return;
  const names = Array.isArray(all) ? all.map((one) => (one as { name?: unknown } | null)?.name).map(String) : [];
  for (const name of Object.keys(part).filter((one) => !names.includes(one))) {
    const hint = didYouMean(name, names) ?? (names.length === 0 ? 'there is none' : `there are: ${names.join(', ')}`);
    mistakes.add(['quick', 'fleets', name], `no fleet is called "${name}"; ${hint}`, true);
  }
}
