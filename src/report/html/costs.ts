import { formatCount, formatDuration, formatSize } from '../../base/units.js';
import type { Cell } from '../../result/types.js';
import { axisDuration, axisSize } from '../charts/axes.js';
import { barChart } from '../charts/bars.js';
import type { Chart } from '../charts/canvas.js';
import { known, medianOfKnown } from '../rows/number.js';
import { armLabel } from '../words/words.js';
import { type Chapter, groupsOf } from './chapter.js';
import { figures } from './figure.js';
import { type Content, html, type Markup, section, table } from './markup.js';

type Group = ReturnType<typeof groupsOf>[number];

/** Processor and memory by role. */
export function resourcesSection(chapter: Chapter): Markup | undefined {
  const groups = groupsOf(chapter).filter(({ cells }) => cells.some((cell) => cell.resources.length > 0));
  if (groups.length === 0) return undefined;
  const roles = [...new Set(chapter.cells.flatMap((cell) => cell.resources.map(({ role }) => role)))];
  const charts = [
    bars('Processor time by role', 'processor time, user and system', axisDuration, groups, roles, (cell, role) => {
      const use = cell.resources.find((one) => one.role === role);
      return use && use.cpuUserMicros + use.cpuSystemMicros;
    }),
    bars('Peak memory by role', 'resident memory at its peak', axisSize, groups, roles, (cell, role) => {
      return cell.resources.find((one) => one.role === role)?.peakRssBytes;
    }),
  ];
  const rows = groups.flatMap((group) =>
    roles.map((role) => resourceRow(group, role)).filter((row) => row !== undefined),
  );
  return section(
    `${chapter.id}-resources`,
    'Processor and memory',
    figures(charts),
    html`<details><summary>By role</summary>${table(['', 'processes', 'user', 'system', 'peak memory', 'per message'], rows)}</details>`,
  );
}

function bars(
  title: string,
  axis: string,
  format: (value: number) => string,
  groups: readonly Group[],
  roles: readonly string[],
  read: (cell: Cell, role: string) => number | undefined,
): Chart {
  return barChart({
    title,
    caption: `Median ${axis} of a cell, of ${roles.join(' and ')}.`,
    axis,
    format,
    names: groups.map(({ arm, network }) => `${armLabel(arm)} ${network}`),
    parts: roles.map((name) => ({
      name,
      values: groups.map(({ cells }) => medianOfKnown(cells.map((cell) => read(cell, name) ?? Number.NaN))),
    })),
  });
}

function resourceRow({ arm, network, cells }: Group, role: string): Content[] | undefined {
  const uses = cells.map((cell) => ({ cell, use: cell.resources.find((one) => one.role === role) }));
  const known = uses.filter((one) => one.use !== undefined);
  if (known.length === 0) return undefined;
  const of = (read: (use: NonNullable<(typeof uses)[number]['use']>) => number) =>
    medianOfKnown(uses.map(({ use }) => (use ? read(use) : Number.NaN)));
  const perMessage = medianOfKnown(
    uses.map(({ cell, use }) => {
      // As broker.message.cpu: connecting, and the returns after an event, are not the price of a message.
      const bill = cell.billed;
      const phases = (cell.phases ?? []).filter(({ name }) => bill?.phases.includes(name));
      const spent = phases.flatMap(({ resources }) => resources.filter((one) => one.role === role));
      if (!use || !bill || spent.length === 0) return Number.NaN;
      return spent.reduce((sum, one) => sum + one.cpuUserMicros + one.cpuSystemMicros, 0) / bill.messages;
    }),
  );
  return [
    `${armLabel(arm)} ${network}, ${role}`,
    formatCount(of((use) => use.processes)),
    formatDuration(of((use) => use.cpuUserMicros)),
    formatDuration(of((use) => use.cpuSystemMicros)),
    formatSize(of((use) => use.peakRssBytes)),
    formatDuration(perMessage),
  ];
}

/** Bytes and packets on the access link, both ways. */
export function wireSection(chapter: Chapter): Markup | undefined {
  const groups = groupsOf(chapter).filter(({ cells }) => cells.some((cell) => cell.link));
  if (groups.length === 0) return undefined;
  const counts = (cells: readonly Cell[], direction: string, name: string) =>
    known(cells.map((cell) => cell.link?.[direction]?.[name] ?? Number.NaN));
  const typical = (cells: readonly Cell[], direction: string, name: string) =>
    medianOfKnown(counts(cells, direction, name));
  /** Of all repeats: what happened in one of them only would be nothing in the median. */
  const total = (cells: readonly Cell[], direction: string, name: string) => {
    const all = counts(cells, direction, name);
    return all.length === 0 ? Number.NaN : all.reduce((sum, count) => sum + count, 0);
  };
  const chart = barChart({
    title: 'By direction',
    caption: 'IP bytes that entered the access link, client to server (up) and back (down); median of the repeats.',
    axis: 'bytes',
    format: axisSize,
    names: groups.map(({ arm, network }) => `${armLabel(arm)} ${network}`),
    parts: ['up', 'down'].map((name) => ({ name, values: groups.map(({ cells }) => typical(cells, name, 'bytesIn')) })),
  });
  const rows = groups.flatMap(({ arm, network, cells }) =>
    (['up', 'down'] as const).map((direction): Content[] => [
      `${armLabel(arm)} ${network}, ${direction}`,
      formatSize(typical(cells, direction, 'bytesIn')),
      formatCount(typical(cells, direction, 'packetsIn')),
      formatSize(medianOfKnown(cells.map((cell) => cell.metrics.values[`wire.message.${direction}`] ?? Number.NaN))),
      formatCount(total(cells, direction, 'packetsLost')),
      formatCount(total(cells, direction, 'packetsOverflowed')),
    ]),
  );
  return section(
    `${chapter.id}-wire`,
    'Bytes on the wire',
    figures([chart]),
    html`<details><summary>By direction</summary>${table(
      ['', 'bytes', 'packets', 'bytes per message', 'lost on purpose, all repeats', 'queue full, all repeats'],
      rows,
    )}</details>`,
  );
}
