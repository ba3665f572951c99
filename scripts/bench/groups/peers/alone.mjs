// What has no peer but time: results of many repeats, the start of a command, the emulated link.
import { linkCell, packetsRow } from '../emulator.mjs';

const repeats = 160;

export const sections = (times) => {
  const resultRow = (command, target) => ({
    ...{ what: `\`${command}\` of ${repeats} repeats, 3 arms, 144 numbers`, unit: 's', target, from: ['results'] },
    ...{ of: (results) => results[command], bound: ({ atLeast }) => atLeast.includes(command) },
  });
  const startRow = (what, key, target) => ({
    ...{ what: `${what}: CPU, against bare Node.js`, unit: 'x', target, from: ['start'] },
    ...{ of: (start) => start[key] / start.bare },
    note: (start) => `${start[key].toFixed(0)} against ${start.bare.toFixed(0)} ms`,
  });
  return [
    {
      name: 'results',
      cells: { results: { measure: 'results', params: { repeats, limitSeconds: 40 }, seconds: 20 } },
      rows: [resultRow('compare', 3), resultRow('report', 12)],
    },
    {
      name: 'start',
      cells: { start: { measure: 'start', params: { times: 10 }, seconds: 10 } },
      rows: [startRow('`--version`', 'version', 2), startRow('`pub` of one message', 'pub', 6)],
    },
    { name: 'emulator', cells: { link: linkCell(times) }, rows: [packetsRow(400_000)] },
  ];
};
