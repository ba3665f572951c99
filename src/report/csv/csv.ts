import { type NamedResult, scenarioOf } from '../words/named-result.js';

/**
 * The time series of all cells in long form, one number a line, which spreadsheets pivot
 * and data frames read as they are: scenario,cell,arm,network,repeat,second,series,value.
 */
export function timeSeriesCsv(results: readonly NamedResult[]): string {
  const lines = ['scenario,cell,arm,network,repeat,second,series,value'];
  for (const result of results) {
    for (const cell of result.cells) {
      const { timeline } = cell;
      if (!timeline) continue;
      const who = [scenarioOf(result), cell.id, cell.arm, cell.network.name, cell.repeat].map(csvField).join(',');
      for (const [series, values] of Object.entries(timeline.series)) {
        values.forEach((value, step) => {
          const second = Number(((step * timeline.stepMicros) / 1e6).toFixed(6));
          lines.push(`${who},${second},${csvField(series)},${Number.isFinite(value) ? value : ''}`);
        });
      }
    }
  }
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * RFC 4180 quoting. A text that a spreadsheet would take for a formula gets an apostrophe in
 * front (OWASP, "CSV Injection"): names come from scenario files.
 */
export function csvField(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
