import { describe, expect, it } from 'vitest';
import type { AgentCrew, Station } from '../../../../src/agents/office/crew.js';
import type { HiredAgent } from '../../../../src/agents/office/hired.js';
import { MqbenchError } from '../../../../src/base/errors.js';
import type { LoadReport, WorkerShare } from '../../../../src/load/contract.js';
import { agentLines } from '../../../../src/report/words/agents.js';
import type { Cell } from '../../../../src/result/types.js';
import { isSelected, listenOf } from '../../../../src/run/agents/asked.js';
import { agentDoubts, agentsInCell } from '../../../../src/run/agents/told.js';
import { infoFor } from '../../../helpers/scripted-agents.js';

interface Facts {
  /** Of each agent's clock, µs. */
  bounds?: readonly number[];
  lost?: boolean;
  lateMicros?: number;
}

/** Two agents with two workers each, of which the second may be lost. */
function crewOf({ bounds = [100, 200], lost = false, lateMicros = 0 }: Facts): AgentCrew {
  const stations = bounds.map((boundMicros, i): Station => {
    const clock = { offsetMicros: 5e6, boundMicros, driftPpm: 3, roundTripMicros: 400 };
    const agent = { info: infoFor(`a${i}`), name: `a${i}`, clock, lateMicros, lost: undefined };
    return { agent: agent as unknown as HiredAgent, workers: [i, i + bounds.length], clients: 50 };
  });
  const gone = new Map(
    lost ? [[stations[1]?.agent, new MqbenchError('MQB_AGENT_LOST', 'the agent a1 is lost: why')]] : [],
  );
  return { stations, lost: gone, lostClients: lost ? 50 : 0 } as unknown as AgentCrew;
}

const share = (worker: number): WorkerShare => ({
  ...{ worker, clients: 25, connected: 24, firstLateMicros: 100 * worker, lateP99Micros: 10 * worker },
  use: { cpuUserMicros: 1e6, cpuSystemMicros: 5e5, peakRssBytes: 1e6 } as WorkerShare['use'],
});

const reportWith = (p50: number | undefined, workers: readonly number[] = [0, 1, 2, 3]): LoadReport =>
  ({
    metrics: { distributions: p50 === undefined ? {} : { 'delivery.e2e': { p50 } }, values: {} },
    workers: workers.map(share),
  }) as unknown as LoadReport;

const codes = (facts: Facts, report: LoadReport): string[] =>
  agentDoubts(crewOf(facts), report, 100).map(({ code }) => code);

describe('doubts of a load on agents', () => {
  it.each([
    ['5 % of the P50', 6_000, []],
    ['a little more', 5_999, ['clock-bound']],
    ['something where nothing was measured from end to end', undefined, []],
  ])('the bound of two clocks together is doubted where it is more than %s', (_, p50, expected) => {
    expect(codes({ bounds: [100, 200, 50] }, reportWith(p50))).toEqual(expected);
  });

  it('one agent has one clock', () => {
    expect(codes({ bounds: [5_000] }, reportWith(1))).toEqual([]);
  });

  it('an agent that was lost is named with its clients', () => {
    const [doubt] = agentDoubts(crewOf({ lost: true }), reportWith(undefined, [0, 2]), 100);
    expect(doubt).toMatchObject({
      code: 'agent-lost',
      message: '50 of 100 clients were lost with their agents: the agent a1 is lost: why',
    });
  });

  it('words that come more than a second late are of a coordinator that does not keep up', () => {
    expect(codes({ lateMicros: 1_000_001 }, reportWith(undefined))).toEqual(['slow-consumer']);
    expect(codes({ lateMicros: 1_000_000 }, reportWith(undefined))).toEqual([]);
  });
});

describe('what a cell says of its agents', () => {
  it('is the sum, or the worst, of their workers', () => {
    const { agents, clockBoundMicros } = agentsInCell(crewOf({}), reportWith(9_000));
    expect(clockBoundMicros).toBe(300);
    expect(agents?.[1]).toMatchObject({
      ...{ name: 'a1', clients: 50, connected: 48, workers: 2, cpuMicros: 3e6, peakRssBytes: 2e6 },
      ...{ firstLateMicros: 300, lateP99Micros: 30 },
      clock: { offsetMicros: 5e6, boundMicros: 200 },
    });
  });

  it('is a line each, and one for how exact latencies between them are', () => {
    const cell = { ...agentsInCell(crewOf({ lost: true }), reportWith(9_000, [0, 2])), durationMicros: 3e6 } as Cell;
    expect(agentLines(cell)).toEqual([
      'a0 on host-of-a0: 48 of 50 clients, 2 workers, 1.00 cores, first publish 0.20 ms late, P99 of all 0.02 ms late, clock ± 0.10 ms',
      'a1 on host-of-a1: LOST with 50 clients: the agent a1 is lost: why',
      'latencies from end to end between two of them are ± 0.30 ms',
    ]);
  });

  it('is nothing where the load ran on this machine', () => {
    expect(agentsInCell(undefined, reportWith(1))).toEqual({});
    expect(agentLines({} as Cell)).toEqual([]);
  });
});

it.each([
  ['nats://host:4222', undefined],
  ['listener', undefined],
  ['listen', { host: undefined, port: undefined }],
  ['listen:10.0.0.1', { host: '10.0.0.1', port: undefined }],
  ['listen:10.0.0.1:5000', { host: '10.0.0.1', port: 5000 }],
  ['listen:[fd00::1]:5000', { host: 'fd00::1', port: 5000 }],
])('--agents %s', (text, expected) => expect(listenOf(text)).toEqual(expected));

it('an agent is selected that has all the labels', () => {
  const labels = { zone: 'a', size: 'l' };
  expect(isSelected({ labels }, [])).toBe(true);
  expect(isSelected({ labels }, ['zone=a', 'size=l'])).toBe(true);
  expect(isSelected({ labels }, ['zone=a', 'size=m'])).toBe(false);
  expect(isSelected({ labels }, ['rack=1'])).toBe(false);
});
