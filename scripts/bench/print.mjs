// Rows as lines of a Markdown table, each printed when it is known.

const grouped = (value) => Math.round(value).toLocaleString('en-US');

/** A number with its unit, as precise as three digits. */
export function number(value, unit) {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const digits = value >= 1000 ? grouped(value) : String(Number(value.toPrecision(3)));
  return `${digits}${unit === '/s' || unit === '' ? '' : ' '}${unit}`;
}

const range = ({ low, high, rounds, atLeast }, unit) =>
  rounds > 1 && !atLeast ? ` (${number(low, '')}–${number(high, unit)}, ${rounds} rounds)` : '';
const value = (side, unit) => `${side.atLeast ? '> ' : ''}${number(side.reached, unit)}${range(side, unit)}`;

function targetOf({ target, least, unit, grow }, hasBefore) {
  if (target !== undefined) return `${least ? '>=' : '<='} ${number(target, unit)}`;
  return grow !== undefined && hasBefore ? `>= ${grow} x before` : '';
}

/** What the table has columns for. @param against an earlier run is compared with; two: two builds */
export class Lines {
  constructor({ two, against }) {
    this.two = two;
    this.against = against;
    this.columns = ['what', 'target', ...(two ? ['before', 'after', 'after / before'] : ['reached']), ''];
    if (against) this.columns.push('then', 'now / then', 'the machine taken out');
    this.columns.push('note');
  }

  head() {
    const [what, ...others] = this.columns;
    const line = `| ${[what.padEnd(90), ...others].join(' | ')} |`;
    return `${line}\n|${'-'.repeat(92)}|${others.map((name) => (/note|^$/.test(name) ? '---|' : '--:|')).join('')}`;
  }

  /** @param compared with an earlier run (judge.mjs) */
  row(row, compared) {
    const { unit, state, before, ratio } = row;
    const known = row.reached !== undefined;
    const cells = [row.what.padEnd(90), targetOf(row, this.two)];
    if (this.two) {
      cells.push(known ? value(before, unit) : '', known ? value(row, unit) : '');
      cells.push(ratio === undefined ? '' : value(ratio, ''));
    } else cells.push(known ? value(row, unit) : '');
    cells.push(state === 'no target' ? '' : state);
    if (this.against) {
      cells.push(
        ...(compared ? [compared.was, compared.ratio, compared.byGauge] : []).map((x, i) => number(x, i ? '' : unit)),
      );
      if (!compared) cells.push('', '', '');
    }
    cells.push(row.note ?? '');
    return `| ${cells.map((text) => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`;
  }
}
