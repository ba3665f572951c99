import { describe, expect, it } from 'vitest';
import type { Distribution, PhaseUse } from '../../../../src/result/types.js';
import { stormDoubts } from '../../../../src/run/doubts/storm.js';
import { planCells } from '../../../../src/scenario/matrix.js';
import { readScenario } from '../../../../src/scenario/read.js';

const storm = (event: string, publish = '') =>
  readScenario(
    `title: t\narms: [tcp]\nnetwork: none\nload: { clients: 5000, connectRate: 500/s, duration: 30s${publish} }
timeline: [{ at: 2s, ${event} }]\nmeasure: [{ name: calm, from: start }, { name: storm, from: cut }]\n`,
    'x.yaml',
  );

/** A storm of 8 s in a window of 28 s. */
const measured = (loadMicros: number, brokerMicros: number) => {
  const role = (name: string, cpuUserMicros: number) => ({
    role: name,
    processes: 1,
    cpuUserMicros,
    cpuSystemMicros: 0,
    peakRssBytes: 0,
  });
  const phase = (name: string, load: number, broker: number): PhaseUse => ({
    name,
    durationMicros: 28e6,
    resources: [role('load', load), role('broker', broker)],
  });
  const distributions = { 'reconnect.connack': { count: 5000, max: 8e6 } as Distribution };
  return {
    phases: [phase('calm', 27e6, 27e6), phase('storm', loadMicros, brokerMicros)],
    windows: { calm: { distributions: {}, values: {} }, storm: { distributions, values: {} } },
  };
};

const codes = (scenario: ReturnType<typeof storm>, cpu: [number, number]) =>
  stormDoubts(scenario, planCells(scenario)[0]!, measured(...cpu)).map(({ code }) => code);

describe('a fleet that comes back at once', () => {
  it('is bound by whoever was busy until the last client was back, however long the window', () => {
    expect(codes(storm('do: cut'), [6.8e6, 5e6])).toEqual(['generator-bound']);
    expect(codes(storm('do: cut'), [3e6, 7.9e6])).toEqual(['broker-bound']);
    expect(codes(storm('do: cut'), [3e6, 5e6])).toEqual([]);
    const [doubt] = stormDoubts(storm('do: cut'), planCells(storm('do: cut'))[0]!, measured(6.8e6, 0));
    expect(doubt?.message).toBe('the generator used 85.0 % of a core until the last client was back after 8.00 s');
  });

  it('is over when those are back that came back: who never did does not make it calmer', () => {
    const cells = measured(6.8e6, 0);
    const bounded = { count: 5000, p50: 5e6, p99: 8e6, max: 27e6, outstanding: 3, atLeast: ['p999', 'max'] };
    const set = { distributions: { 'reconnect.connack': bounded as unknown as Distribution }, values: {} };
    const [doubt] = stormDoubts(storm('do: cut'), planCells(storm('do: cut'))[0]!, {
      ...cells,
      windows: { ...cells.windows, storm: set },
    });
    expect(doubt?.message).toBe('the generator used 85.0 % of a core until 99 % of the clients were back after 8.00 s');
  });

  it('is not judged where clients come one after the other, or publish meanwhile', () => {
    expect(codes(storm('do: cut, rate: 500/s'), [20e6, 20e6])).toEqual([]);
    expect(codes(storm('do: cut', ", publish: { topic: 'a/%c', rate: 10/s }"), [20e6, 20e6])).toEqual([]);
  });
});
