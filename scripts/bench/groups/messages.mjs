import { perSecond } from './words.mjs';

const cores = (cell) => `generator: ${cell.cores.toFixed(2)} cores`;

export const sections = ({ warmMillis, measuredMillis, callsShare }) => {
  const cell = (role) => ({
    ...{ measure: 'messages', params: { role, warmMillis, measuredMillis } },
    seconds: Math.ceil((warmMillis + measuredMillis) / 1000) + 2,
  });
  return [
    {
      name: 'written',
      cells: { written: cell('sink') },
      rows: [
        {
          ...{ what: 'QoS 0 written by one process, 64 B, into a sink', unit: '/s', target: 500_000, least: true },
          // A message that was written and never arrived does not count.
          ...{ from: ['written'], of: ({ rate, arrived }) => Math.min(rate, arrived) },
          note: (written) =>
            `${cores(written)}; its count ${perSecond(Math.round(written.rate))}/s, the sink's ${perSecond(Math.round(written.arrived))}/s`,
        },
      ],
    },
    {
      name: 'parsed',
      cells: { parsed: cell('source'), recording: { measure: 'recording', params: { callsShare }, seconds: 3 } },
      rows: [
        {
          ...{ what: 'QoS 0 parsed and measured by one process, 64 B', unit: '/s', target: 400_000, least: true },
          ...{ from: ['parsed'], of: ({ rate }) => rate, note: cores },
        },
        {
          // Every message that arrives is recorded twice: in its measure window, and for the progress of the moment.
          ...{ what: 'recording, of the CPU per parsed message', unit: '%', target: 10, from: ['parsed', 'recording'] },
          of: (parsed, { record }) => ((2 * record) / ((parsed.cores * 1e9) / parsed.rate)) * 100,
          note: () => '2 samples, at the cost of one in a loop',
        },
      ],
    },
  ];
};
