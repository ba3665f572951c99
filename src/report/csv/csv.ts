import { type NamedResult, scenarioOf } from '../words/named-result.js';

/**
 * The time series of all cells in long form, one number a line, which spreadsheets pivot
 * and data frames read as they are: scenario,cell,arm,network,repeat,second,series,value.
 */
export function timeSeriesCsv(results: readonly NamedResult[]): string {
  const rows = results.flatMap((result) =>
    result.cells.flatMap(({ id, arm, network, repeat, timeline }) => {
      if (!timeline) return [];
      const who = csvLine([scenarioOf(result), id, arm, network.name, repeat]);
      return Object.entries(timeline.series).flatMap(([series, values]) =>
        values.map((value, step) => {
          const second = Number(((step * timeline.stepMicros) / 1e6).toFixed(6));
          return `${who},${csvLine([second, series, value])}`;
        }),
      );
    }),
  );
  return csvText('scenario,cell,arm,network,repeat,second,series,value', rows);
}

export const csvText = (head: string, lines: readonly string[]): string => `${[head, ...lines].join('\r\n')}\r\n`;

/** Fields with RFC 4180 quoting; what is no number is empty. */
export const csvLine = (fields: readonly (string | number)[]): string => fields.map(field).join(',');

/** A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"): names come from scenario files. */
function field(value: string | number): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
