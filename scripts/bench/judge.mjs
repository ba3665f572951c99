// Rows made of samples: a median with its range, held or missed, and how it stands to another build or another day.
import { between, slower } from './machine/machine.mjs';

/** Median, least and most of some values. */
export function spread(values) {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = ascending.length / 2;
  const median = (ascending[Math.ceil(middle) - 1] + ascending[Math.floor(middle)]) / 2;
  return { reached: median, low: ascending[0], high: ascending.at(-1), rounds: ascending.length };
}

/** A row's values in each round of one build, in their order; rounds in which a cell of it failed have none. */
function valuesOf(row, samples, build) {
  const values = [];
  for (const round of new Set(samples.map((sample) => sample.round))) {
    const cells = row.from.map((name) =>
      samples.find((one) => one.round === round && one.build === build && one.cell === name),
    );
    if (cells.some((cell) => cell?.values === undefined)) continue;
    const figures = cells.map((cell) => cell.values);
    const value = row.of(...figures);
    if (Number.isFinite(value)) values.push({ round, value, figures });
  }
  return values;
}

/** What one build reached in a row. */
function reachedBy(row, samples, build) {
  const values = valuesOf(row, samples, build);
  if (values.length === 0) return { values };
  const summary = spread(values.map(({ value }) => value));
  const distance = ({ value }) => Math.abs(value - summary.reached);
  // The words are about the round that is nearest to the median, so that they fit the number beside them.
  const { figures } = values.toSorted((a, b) => distance(a) - distance(b))[0];
  const of = samples.filter((one) => one.build === build && row.from.includes(one.cell));
  const [behind, others, stolen] = [behindOf(of), othersOf(of), stolenOf(of)];
  return {
    ...{ values, ...summary, note: [row.note?.(...figures), ...behind, others, stolen].filter(Boolean).join('; ') },
    ...{ doubts: { behind: behind.length > 0, others: others !== undefined } },
    ...(row.bound?.(...figures) ? { atLeast: true } : {}),
  };
}

/** A load that is not kept up with costs less per message, as more of them come at once. */
const keptUp = 0.98;
function behindOf(samples) {
  const behind = samples.filter(({ values }) => values?.offered > 0 && values.rate < values.offered * keptUp);
  const least = (name) => Math.min(...behind.filter(({ cell }) => cell === name).map(({ values }) => values.rate));
  return [...new Set(behind.map(({ cell }) => cell))].map(
    (name) => `${name} acknowledged ${Math.round(least(name))}/s`,
  );
}

const most = (samples, of) => Math.max(0, ...samples.map(({ machine }) => machine?.[of] ?? 0));

/** Others than the benchmark had so much of a core: what is measured beside them is not what the machine can. */
function othersOf(samples) {
  const cores = most(samples, 'othersCores');
  return cores >= 0.2 ? `other programs used up to ${cores.toFixed(1)} cores` : undefined;
}

function stolenOf(samples) {
  const stolen = most(samples, 'stolen');
  return stolen >= 0.03 ? `the hypervisor took up to ${(stolen * 100).toFixed(0)} %` : undefined;
}

const meets = ({ target, least }, { reached, atLeast }) => (least ? reached >= target : reached <= target && !atLeast);

function verdict(row, after, ratio) {
  if (row.grow !== undefined && ratio !== undefined) return ratio.reached >= row.grow ? 'held' : 'missed';
  if (row.target === undefined) return 'no target';
  return meets(row, after) ? 'held' : 'missed';
}

/** Beside other programs nothing is certain; a load that was not kept up with cannot have held anything. */
function stateOf(row, after, ratio) {
  const state = verdict(row, after, ratio);
  if (state === 'no target') return state;
  return after.doubts.others || (after.doubts.behind && state === 'held') ? 'doubted' : state;
}

/**
 * @param section that the row is of; `samples` of it, of all rounds and builds
 * @param absent programs of others that are not here
 * @returns the row as it stands in the result: `state` is held, missed, doubted, no target, not here or failed
 */
export function judge(row, section, samples, builds, absent) {
  const { what, unit, target, least = false, grow } = row;
  const base = { group: section.group, section: section.full, what, unit, target, least, grow };
  const missing = [
    ...new Set(row.from.map((name) => section.cells[name].needs).filter((name) => absent.includes(name))),
  ];
  if (missing.length > 0) return { ...base, state: 'not here', note: missing.join(', ') };
  const { values, ...after } = reachedBy(row, samples, 'after');
  if (values.length === 0) {
    const failed = samples.find((one) => row.from.includes(one.cell) && one.build === 'after' && one.failed);
    return { ...base, state: 'failed', note: failed?.failed ?? 'it gave no figure' };
  }
  if (!builds.includes('before')) return { ...base, state: stateOf(row, after), ...after };
  const { values: earlier, ...before } = reachedBy(row, samples, 'before');
  const pairs = values.flatMap(({ round, value }) => {
    const other = earlier.find((one) => one.round === round);
    return other === undefined || other.value === 0 ? [] : [value / other.value];
  });
  const ratio = pairs.length === 0 ? undefined : spread(pairs);
  const doubts = { ...after.doubts, others: after.doubts.others || before.doubts?.others === true };
  const words = before.doubts?.others || before.doubts?.behind ? `${after.note}; before: ${before.note}` : after.note;
  return { ...base, state: stateOf(row, { ...after, doubts }, ratio), ...after, note: words, before, ratio };
}

/** Units in which a slower machine shows: a time grows with it, a rate shrinks. */
const growth = { s: 1, ms: 1, µs: 1, ns: 1, '/s': -1 };

/**
 * How a row stands to the same one of an earlier run.
 * @param machines gauges of both runs, before and after each
 * @returns the ratio as it is, and (`byGauge`) with the machines' own difference taken out, where the unit has one;
 *   undefined where the earlier run has no figure of it
 */
export function comparedWith(row, earlier, machines) {
  const was = earlier.rows.find(({ section, what }) => section === row.section && what === row.what)?.reached;
  if (was === undefined || was === 0 || row.reached === undefined) return undefined;
  const ratio = row.reached / was;
  const machine = slowerThan(earlier, machines);
  return { was, ratio, byGauge: ratio / machine ** (growth[row.unit] ?? 0) };
}

/** How many times slower this run's machine is than the earlier one's was. */
export const slowerThan = (earlier, gauge) =>
  slower(between(gauge.before, gauge.after), between(earlier.gauge.before, earlier.gauge.after));
