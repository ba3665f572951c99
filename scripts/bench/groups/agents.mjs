// What a way over NATS takes from a load: three agents on this machine beside three load workers of the run itself, in a closed
// loop and at a rate, each pair in one round.
import { loadSeconds } from './words.mjs';

export const sections = ({ warmMillis, measuredMillis }) => {
  const cell = (agents, perSecond) => ({
    measure: 'agents',
    params: { agents, perSecond, warmMillis, measuredMillis },
    seconds: loadSeconds({ warmMillis, measuredMillis }) + (agents > 0 ? 8 : 0),
    needs: agents > 0 ? 'nats-server' : undefined,
  });
  return [
    {
      name: 'loop',
      cells: { agents: cell(3), workers: cell(0) },
      rows: [
        {
          ...{
            what: 'QoS 1 in a closed loop, 3 agents beside 3 workers of one process',
            unit: 'x',
            target: 0.97,
            least: true,
          },
          ...{ from: ['agents', 'workers'], of: (agents, workers) => agents.rate / workers.rate },
          note: (agents, workers) => `${agents.rate.toFixed(0)} beside ${workers.rate.toFixed(0)}/s`,
        },
      ],
    },
    {
      name: 'rate',
      cells: { agents: cell(3, 5_000), workers: cell(0, 5_000) },
      rows: [
        {
          ...{
            what: 'QoS 1 at 5,000/s, 3 agents beside 3 workers of one process',
            unit: 'x',
            target: 0.97,
            least: true,
          },
          ...{ from: ['agents', 'workers'], of: (agents, workers) => agents.rate / workers.rate },
        },
        {
          ...{ what: '… what an agent says', unit: 'B/s', target: 20_000, from: ['agents'], of: ({ heard }) => heard },
          note: ({ said }) => `and hears ${said.toFixed(0)} B/s`,
        },
      ],
    },
    {
      name: 'many',
      cells: {
        many: {
          measure: 'agents-many',
          params: { agents: 1000, measuredMillis: 10_000 },
          seconds: 30,
          needs: 'nats-server',
        },
      },
      rows: [
        {
          ...{ what: '1,000 scripted agents: the coordinator', unit: 'cores', target: 0.7, from: ['many'] },
          of: ({ coordinator }) => coordinator,
          note: ({ heldUp, collected }) =>
            `held up for ${heldUp.toFixed(0)} ms at most; reports in ${(collected / 1000).toFixed(1)} s`,
        },
        {
          ...{ what: '… the NATS server', unit: 'cores', target: 0.5, from: ['many'], of: ({ nats }) => nats },
          note: ({ says, hears }) => `an agent says ${says.toFixed(0)} and hears ${hears.toFixed(0)} B/s`,
        },
      ],
    },
  ];
};
