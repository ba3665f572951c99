import { createHash } from 'node:crypto';
import type { Result } from '../result/types.js';
import type { CircumstanceDifference } from './types.js';

/**
 * What the two sides of a comparison must have in common, most important first. Other
 * versions of mqbench or of its packages are refused like another machine: whoever wants
 * to compare two versions runs both with `ab`. The seed may differ, since repeats with
 * other seeds are repeats all the same.
 */
const aspects: readonly { what: string; of: (result: Result) => string }[] = [
  { what: 'scenario', of: (result) => result.scenario.name },
  { what: 'settings of the scenario', of: (result) => settings(result.scenario.resolved) },
  // A number of the same name counts something else in the other: windows by due time, unfinished operations with their age.
  { what: 'meaning of the numbers', of: ({ schema }) => `schema ${schema}` },
  { what: 'machine', of: machineOf },
  { what: 'kernel', of: ({ provenance: { machine } }) => `${machine.platform} ${machine.kernel}` },
  { what: 'network backend', of: ({ provenance }) => provenance.lab?.backend ?? 'none' },
  { what: 'load workers', of: ({ provenance }) => String(provenance.workers) },
  { what: 'Node', of: ({ provenance }) => provenance.node },
  { what: 'mqbench', of: ({ provenance }) => provenance.mqbench },
  { what: 'packages', of: ({ provenance }) => packages(provenance.packages) },
];

function machineOf({ provenance: { machine } }: Result): string {
  const { cpu, cores, quotaCores, memoryBytes } = machine;
  const quota = quotaCores === undefined ? '' : ` (quota ${quotaCores})`;
  return `${cpu}, ${cores} cores${quota}, ${Math.round(memoryBytes / 2 ** 30)} GiB`;
}

/** Everything that differs between the sides, or within one of them. */
export function circumstanceDifferences(base: readonly Result[], head: readonly Result[]): CircumstanceDifference[] {
  return aspects.flatMap(({ what, of }) => {
    const ofBase = [...new Set(base.map(of))].sort();
    const ofHead = [...new Set(head.map(of))].sort();
    if (ofBase.length === 1 && ofHead.length === 1 && ofBase[0] === ofHead[0]) return [];
    const show = what.startsWith('settings') ? settingsDifference(ofBase, ofHead) : [ofBase, ofHead];
    const [inBase = [], inHead = []] = show;
    return [{ what, base: inBase.join(' and '), head: inHead.join(' and ') }];
  });
}

/** What may differ although it is in the file: words, more repeats (only more evidence), which cells are run, what is expected and shown, and what clients are called. */
const notSettings = /^(name|title|why|sources|repeat|seed|workers|only|expect|show|leftOut|clientIdPrefix)\b/;

/** The settings as sorted `path=value` lines. */
function settings(resolved: unknown): string {
  const { clientIdPrefix } = (resolved ?? {}) as { clientIdPrefix?: unknown };
  const named = typeof clientIdPrefix === 'string' && clientIdPrefix !== '' ? clientIdPrefix : undefined;
  return flatten(resolved, '')
    .map((line) => (named === undefined ? line : line.replaceAll(named, '<client>'))) // filters may name clients
    .filter((line) => !notSettings.test(line))
    .sort()
    .join('\n');
}

function flatten(value: unknown, path: string): string[] {
  if (typeof value === 'string' && value.includes('-----BEGIN ')) return [`${path}=${fingerprint(value)}`];
  if (typeof value !== 'object' || value === null) return [`${path}=${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}

/** A certificate is told apart, not shown: 20 lines of base64 tell nobody anything. */
function fingerprint(pem: string): string {
  return `PEM with SHA-256 ${createHash('sha256').update(pem).digest('hex').slice(0, 12)}…`;
}

/** A difference in words. Both sides show the same where each of them holds several kinds. */
export function differenceText({ what, base, head }: CircumstanceDifference): string {
  return base === head ? `${what}: each side mixes ${base}` : `${what}: ${base || '-'} against ${head || '-'}`;
}

/** Only the lines that not all results of both sides have, at most four each. */
function settingsDifference(base: readonly string[], head: readonly string[]): string[][] {
  const all = [...base, ...head].map((side) => new Set(side.split('\n')));
  const differing = (sides: readonly string[]) => {
    const lines = new Set(sides.flatMap((side) => side.split('\n')));
    const own = [...lines].filter((line) => !all.every((one) => one.has(line))).sort();
    return own.length > 4 ? [...own.slice(0, 4), `${own.length - 4} more`] : own;
  };
  return [differing(base), differing(head)];
}

function packages(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
