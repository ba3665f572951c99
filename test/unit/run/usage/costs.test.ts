import { describe, expect, it } from 'vitest';
import type { MachineUse, MetricSet, PhaseUse } from '../../../../src/result/types.js';
import { costsOf } from '../../../../src/run/usage/costs.js';
import { planCells } from '../../../../src/scenario/matrix.js';
import { readScenario } from '../../../../src/scenario/read.js';
import type { PlannedCell } from '../../../../src/scenario/types.js';

const machine = (busy: number, own: number, interrupts: number): MachineUse => ({
  cores: 2,
  busyMicros: busy,
  interruptMicros: interrupts,
  ioWaitMicros: 0,
  stolenMicros: 0,
  totalMicros: 10e6,
  ownMicros: own,
});

/** A phase of 10 s in which so many bytes and packets went up, half as many down, and broker and nginx ran. */
const phase = (name: string, bytes: number, cpu: number, use?: MachineUse): PhaseUse => ({
  name,
  durationMicros: 10e6,
  resources: ['load', 'broker', 'nginx'].map((role) => ({
    role,
    processes: 1,
    cpuUserMicros: role === 'nginx' ? 0 : cpu,
    cpuSystemMicros: role === 'nginx' ? cpu : 0,
    peakRssBytes: 1,
  })),
  link: { up: { bytesIn: bytes, packetsIn: bytes / 100 }, down: { bytesIn: bytes / 2, packetsIn: bytes / 200 } },
  ...(use ? { machine: use } : {}),
});

const window = (rate: number): MetricSet => ({ distributions: {}, values: { 'rate.achieved': rate } });

function plan(more: string, publish = 'publish: {topic: a, rate: 100, qos: 1}') {
  const text = `title: t\narms: [tcp, quic]\nnetwork: {rtt: 1ms}\nload: {duration: 20s, ${publish}}\n${more}`;
  const scenario = readScenario(text, 'x.yaml');
  return { scenario, cell: planCells(scenario)[0] as PlannedCell };
}

/** A ledger of messages with QoS 1. */
const ledger = (acknowledged: number) => [{ qos: 1 as const, sent: acknowledged, acknowledged }];

describe('costs', () => {
  it('of a connect and of a message are the broker’s with nginx, the link’s and the machine’s', () => {
    const { scenario, cell } = plan('');
    const phases = [phase('connect', 10_000, 1000), phase('traffic', 40_000, 2000, machine(30_000, 9000, 1000))];
    const values = { 'clients.connected': 10, 'messages.acknowledged': 20 };
    const costs = costsOf(scenario, cell, {
      phases,
      values,
      windows: {},
      events: [],
      ledger: ledger(20),
    });
    expect(costs.values).toEqual({
      'wire.connect.up': 1000,
      'wire.connect.down': 500,
      'wire.connect.packets': 15,
      'broker.connect.cpu': 200,
      'wire.message.up': 2000,
      'wire.message.down': 1000,
      'wire.message.packets': 30,
      'broker.message.cpu': 200,
      'machine.message.cpu': 500,
    });
    expect(costs.billed).toEqual({ phases: ['traffic'], messages: 20 });
  });

  it('per message never hold the handshakes of clients that had to reconnect, in no arm', () => {
    const { scenario, cell } = plan('timeline: [{at: 10s, do: rebind, arms: [quic]}]');
    // 1,000 messages each of 100 B and 10 us; after the rebind as much again goes into handshakes.
    const phases = [
      phase('connect', 0, 0),
      phase('traffic', 0, 0),
      phase('before', 100_000, 5000),
      phase('after', 200_000, 10_000),
      phase('drain', 0, 0),
    ];
    const measured = {
      phases,
      values: { 'messages.acknowledged': 2000, 'clients.reconnected': 50 },
      windows: { before: window(100), after: window(100) },
      events: [],
      ledger: ledger(2000),
    };
    expect(cell.arm.name).toBe('tcp'); // the rebind is QUIC's alone: all arms are billed by the same windows
    const costs = costsOf(scenario, cell, measured);
    expect(costs.values).toMatchObject({ 'wire.message.up': 100, 'broker.message.cpu': 10 });
    expect(costs.billed).toEqual({ phases: ['before'], messages: 1000 });
  });

  it('per message are of all the traffic where it is disturbed from the start, and say so', () => {
    const { scenario, cell } = plan('timeline: [{at: 1s, do: rebind}]\nmeasure: [{name: all, from: start}]');
    const phases = [phase('connect', 0, 0), phase('all', 200_000, 10_000), phase('drain', 0, 0)];
    const values = { 'messages.acknowledged': 2000 };
    const costs = costsOf(scenario, cell, {
      phases,
      values,
      windows: { all: window(200) },
      events: [],
      ledger: ledger(2000),
    });
    expect(costs.values).toMatchObject({ 'wire.message.up': 100 });
    expect(costs.billed).toEqual({ phases: ['all', 'drain'], messages: 2000 });
  });

  it('of a reconnect are those of the return, not of the first connects', () => {
    const { scenario, cell } = plan('timeline: [{at: 1s, do: disconnect}]', 'keepalive: 60s');
    const phases = [phase('connect', 50_000, 5000), phase('before', 0, 0), phase('after', 10_000, 1000)];
    const values = { 'clients.connected': 10, 'clients.reconnected': 10 };
    const costs = costsOf(scenario, cell, {
      phases,
      values,
      windows: {},
      events: [],
      ledger: [],
    });
    expect(costs.values).toMatchObject({
      'wire.connect.up': 5000,
      'wire.reconnect.up': 1000,
      'wire.reconnect.down': 500,
      'wire.reconnect.packets': 15,
      'broker.connect.cpu': 1000,
      'broker.reconnect.cpu': 200,
    });
    expect(costs.billed).toBeUndefined();
    const twice = [{ metrics: { distributions: {}, values: { 'clients.reconnected': 10 } } }];
    const both = costsOf(scenario, cell, { phases, values, windows: {}, events: [...twice, ...twice], ledger: [] });
    expect(both.values['wire.reconnect.up']).toBe(500);
  });

  it('without a lab are the processor’s alone, and of a quiet fleet bytes per minute', () => {
    const { scenario, cell } = plan('', 'keepalive: 60s');
    const phases = [phase('connect', 1000, 100), phase('traffic', 600, 0)];
    const values = { 'clients.connected': 10 };
    const idle = costsOf(scenario, cell, {
      phases,
      values,
      windows: {},
      events: [],
      ledger: [],
    }).values;
    expect(idle).toMatchObject({ 'wire.idle.up': 360, 'wire.idle.down': 180 });
    const events = [{ metrics: { distributions: {}, values: {} } }];
    expect(
      Object.keys(costsOf(scenario, cell, { phases, values, windows: {}, events, ledger: [] }).values),
    ).not.toContain('wire.idle.up');
    const withoutLab = phases.map(({ link: _, ...rest }) => rest);
    const costs = costsOf(scenario, cell, { phases: withoutLab, values, windows: {}, events: [], ledger: ledger(20) });
    expect(Object.keys(costs.values)).toEqual(['broker.connect.cpu']);
  });
});
