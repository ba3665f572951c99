/** @param target packets per second that the link should carry */
export const packetsRow = (target) => ({
  ...{ what: 'emulator: packets of 100 B carried', unit: '/s', target, least: true },
  ...{ from: ['link'], of: ({ packets }) => packets },
});

export const linkCell = ({ measuredMillis }) => ({
  measure: 'emulator',
  params: { floodMillis: Math.min(2_000, measuredMillis), pacedMillis: Math.min(3_000, measuredMillis) },
  seconds: 9,
});

export const sections = (times) => [
  {
    name: 'link',
    cells: { link: linkCell(times) },
    rows: [
      packetsRow(200_000),
      {
        ...{
          what: 'emulator: added delay error, P50',
          unit: 'ms',
          target: 0.2,
          from: ['link'],
          of: ({ late }) => late,
        },
        note: ({ arrived }) => `${(arrived * 100).toFixed(1)} % arrived at 20,000/s`,
      },
    ],
  },
];
