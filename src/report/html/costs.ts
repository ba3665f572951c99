import { formatCount, formatDuration, formatSize } from '../../base/units.js';
import type { Cell, RoleResources } from '../../result/types.js';
import { axisDuration, axisSize } from '../charts/axes.js';
import { barChart } from '../charts/bars.js';
import { cpuMicros, total, typical, useOf } from '../rows/number.js';
import { type Chapter, type Group, groupsOf } from './chapter.js';
import { type Content, details, figures, type Markup, section, table } from './markup.js';

/** Processor and memory by role. */
export function resourcesSection(chapter: Chapter): Markup | undefined {
  const groups = groupsOf(chapter).filter(({ cells }) => cells.some((cell) => cell.resources.length > 0));
  if (groups.length === 0) return undefined;
  const roles = [...new Set(chapter.cells.flatMap((cell) => cell.resources.map(({ role }) => role)))];
  const bars = (
    title: string,
    axis: string,
    format: (value: number) => string,
    read: (use?: RoleResources) => number | undefined,
  ) =>
    barChart({
      title,
      caption: `Median ${axis} of a cell, of ${roles.join(' and ')}.`,
      axis,
      format,
      names: groups.map(({ name }) => name),
      parts: roles.map((role) => ({
        name: role,
        values: groups.map(({ cells }) => typical(cells, (cell) => read(useOf(cell, role)))),
      })),
    });
  const rows = groups.flatMap((group) => roles.flatMap((role) => resourceRow(group, role)));
  return section(
    `${chapter.id}-resources`,
    'Processor and memory',
    figures([
      bars('Processor time by role', 'processor time, user and system', axisDuration, cpuMicros),
      bars('Peak memory by role', 'resident memory at its peak', axisSize, (use) => use?.peakRssBytes),
    ]),
    details('By role', table(['', 'processes', 'user', 'system', 'peak memory', 'per message'], rows)),
  );
}

function resourceRow({ name, cells }: Group, role: string): Content[][] {
  if (!cells.some((cell) => useOf(cell, role))) return [];
  const of = (key: Exclude<keyof RoleResources, 'role'>) => typical(cells, (cell) => useOf(cell, role)?.[key]);
  return [
    [
      `${name}, ${role}`,
      formatCount(of('processes')),
      formatDuration(of('cpuUserMicros')),
      formatDuration(of('cpuSystemMicros')),
      formatSize(of('peakRssBytes')),
      formatDuration(typical(cells, (cell) => perMessage(cell, role))),
    ],
  ];
}

/** As broker.message.cpu: connecting, and the returns after an event, are not the price of a message. */
function perMessage({ billed, phases = [] }: Cell, role: string): number | undefined {
  const paid = phases.filter(({ name }) => billed?.phases.includes(name));
  const spent = paid.flatMap(({ resources }) => resources.filter((one) => one.role === role));
  if (billed === undefined || spent.length === 0) return undefined;
  return spent.reduce((sum, one) => sum + (cpuMicros(one) ?? 0), 0) / billed.messages;
}

/** Bytes and packets on the access link, both ways. */
export function wireSection(chapter: Chapter): Markup | undefined {
  const groups = groupsOf(chapter).filter(({ cells }) => cells.some((cell) => cell.link));
  if (groups.length === 0) return undefined;
  const directions = ['up', 'down'] as const;
  const chart = barChart({
    title: 'By direction',
    caption: 'IP bytes that entered the access link, client to server (up) and back (down); median of the repeats.',
    axis: 'bytes',
    format: axisSize,
    names: groups.map(({ name }) => name),
    parts: directions.map((name) => ({
      name,
      values: groups.map(({ cells }) => typical(cells, ({ link }) => link?.[name]?.bytesIn)),
    })),
  });
  const rows = groups.flatMap(({ name, cells }) =>
    directions.map((direction): Content[] => {
      const median = (key: string) => typical(cells, ({ link }) => link?.[direction]?.[key]);
      // What happened in one repeat only would be nothing in the median.
      const all = (key: string) => total(cells, ({ link }) => link?.[direction]?.[key]);
      return [
        `${name}, ${direction}`,
        formatSize(median('bytesIn')),
        formatCount(median('packetsIn')),
        formatSize(typical(cells, ({ metrics }) => metrics.values[`wire.message.${direction}`])),
        formatCount(all('packetsLost')),
        formatCount(all('packetsOverflowed')),
      ];
    }),
  );
  const head = ['', 'bytes', 'packets', 'bytes per message', 'lost on purpose, all repeats', 'queue full, all repeats'];
  return section(
    `${chapter.id}-wire`,
    'Bytes on the wire',
    figures([chart]),
    details('By direction', table(head, rows)),
  );
}
