export const sections = ({ callsShare }) => [
  {
    name: 'loops',
    cells: { loops: { measure: 'recording', params: { callsShare }, seconds: 3 } },
    rows: [
      {
        // 100,000 acknowledgements/s with three samples each and a tenth of a core: 333 ns would be the limit.
        ...{ what: 'recording a sample', unit: 'ns', target: 30, from: ['loops'], of: ({ record }) => record },
        note: ({ library }) => `hdr-histogram-js: ${library.toFixed(0)} ns`,
      },
      {
        ...{ what: 'writing a PUBLISH of 64 B', unit: 'ns', target: 300, from: ['loops'], of: ({ write }) => write },
        note: ({ generated }) => `mqtt-packet: ${generated.toFixed(0)} ns`,
      },
    ],
  },
];
