// Where a table is from, and what its result says against itself.
import { formatCount, formatDuration } from '../../dist/base/units.js';
import { doubts } from '../../dist/result/doubts/table.js';

/** One paragraph: size, machine, time, versions; then every doubt with the cells that have it. */
export function provenanceText(result) {
  const { provenance, scenario, planned, cells } = result;
  const { machine, lab } = provenance;
  const size = scenario.resolved.quick ? 'Quick form' : 'Full size';
  // Of the cells alone: a run may have been interrupted and completed later.
  const took = formatDuration(cells.reduce((sum, cell) => sum + cell.durationMicros, 0));
  const startedAt = cells.map((cell) => cell.startedAt).sort()[0];
  const unsupported = result.cells.filter(({ status }) => status === 'unsupported').map(({ id }) => id);
  const facts = [
    `${size}, ${formatCount(scenario.resolved.load.clients)} clients, ${planned.length} cells in ${took}`,
    `${startedAt.slice(0, 16).replace('T', ' ')} UTC`,
    `${machine.cores} cores (${machine.cpu}), ${Math.round(machine.memoryBytes / 2 ** 30)} GiB`,
    `Linux ${machine.kernel.split(' ')[0]}, Node ${provenance.node.replace(/^v/, '')}`,
    ...(lab ? [`lab backend \`${lab.backend}\``] : []),
    `seed ${provenance.seed}`,
  ];
  const sentences = [
    `*${facts.join('; ')}.`,
    expectationsText(result.expectations),
    ...(unsupported.length > 0 ? [`Not possible on this machine: ${unsupported.join(', ')}.`] : []),
    doubtsText(result.cells),
    ...unequalText(result.doubts),
  ];
  return `${sentences.join(' ')}*`;
}

function expectationsText(expectations) {
  const missed = expectations.filter(({ outcome }) => outcome !== 'held' && outcome !== 'unsupported');
  if (missed.length === 0)
    return expectations.length === 1 ? 'Its one expectation held.' : `All ${expectations.length} expectations held.`;
  const words = missed.map(({ text, outcome }) => `\`${text}\`${outcome === 'no-data' ? ' (no data)' : ''}`);
  return `${expectations.length - missed.length} of ${expectations.length} expectations held; not: ${words.join(', ')}.`;
}

/** What the scenario sets differently for its arms; what no scenario can make equal stands once, at the top of the page. */
function unequalText(doubts) {
  const lines = doubts.filter(({ code, message }) => code === 'unequal-terms' && !message.includes('(favours'));
  return lines.length === 0 ? [] : [`Not equal between the arms: ${lines.map(({ message }) => message).join('; ')}.`];
}

function doubtsText(cells) {
  const byCode = new Map();
  for (const cell of cells) {
    for (const { code } of cell.doubts) byCode.set(code, new Set([...(byCode.get(code) ?? []), cell.id]));
  }
  if (byCode.size === 0) return 'The result has no doubts about itself.';
  const words = [...byCode].map(([code, ids]) => {
    const where = ids.size === cells.length && ids.size > 1 ? 'all cells' : [...ids].join(', ');
    return `\`${code}\` (${doubts[code].means}): ${where}`;
  });
  return `The result doubts itself: ${words.join('; ')}.`;
}
