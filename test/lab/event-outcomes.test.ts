import { describe, expect, test } from 'vitest';
import { armsOn } from '../../src/report/rows/builders.js';
import { eventSections } from '../../src/report/rows/events.js';
import type { Cell, EventRecord, Result } from '../../src/result/types.js';
import { labMissing } from '../helpers/lab-available.js';
import { play } from './play-scenario.js';

const missing = labMissing();

const cellOf = ({ cells }: Result, arm: string): Cell => cells.find((cell) => cell.arm === arm) as Cell;
const event = (cell: Cell, name: string): EventRecord =>
  cell.events.find((one) => one.name === name) ?? expect.fail(`no event ${name}`);
const outcome = (cell: Cell, name: string): (number | undefined)[] =>
  (['survived', 'reconnected', 'lost', 'unknown'] as const).map(
    (one) => event(cell, name).metrics?.values[`clients.${one}`],
  );

describe
  .skipIf(missing !== undefined)
  .concurrent(`events and what becomes of clients${missing ? ` (skipped: ${missing})` : ''}`, () => {
    test('a table says under the rebind that all 50 reconnected, whatever happens after it', {
      timeout: 90_000,
    }, async () => {
      const result = await play(`
title: A rebind, and a heal that disturbs nobody
arms: [tcp]
network: { rtt: 10ms }
load:
  clients: 50
  connectRate: 100/s
  publish: { topic: 'e/%c', qos: 1, payload: 64, rate: 200/s }
  reconnect: { first: 100ms, max: 500ms }
  deadAfter: 1s
  duration: 4s
timeline:
  - { at: 1s, do: rebind }
  - { at: 3s, do: heal }
expect: [rebind.clients.reconnected == 50, clients.reconnected == 50, event.heal.count == 1]
`);
      const [section, ...others] = eventSections(armsOn(result, '10ms'));
      expect(others).toEqual([]);
      expect(section?.heading).toBe('Clients after the rebind');
      expect(section?.rows.slice(0, 3).map(({ label, values }) => [label, ...values])).toEqual([
        ['Went on', '0 of 50'],
        ['Reconnected', '50 of 50'],
        ['Did not come back', '0 of 50'],
      ]);
    });

    test('clients that only listen are asked in the end: deaf over TCP, alive over QUIC', {
      timeout: 90_000,
    }, async () => {
      const result = await play(`
title: Idle subscribers after a rebind; a blackout and an address change of the same time
arms: [tcp, quic]
network: { rtt: 10ms }
lab: { clientAddresses: 4 }
load:
  clients: 4
  connectRate: 100/s
  subscribers: { clients: 6, topic: 'never/#' }
  publish: { topic: 'e/%i', qos: 1, payload: 64, rate: 100/s }
  reconnect: { first: 100ms, max: 500ms }
  keepalive: 60s
  deadAfter: 1s
  duration: 4s
  drain: 500ms
timeline:
  - { at: 1s, do: rebind }
  - { at: 2s, do: blackout, for: 500ms, arms: [quic] }
  - { at: 2s, do: return, arms: [quic] }
`);
      expect(outcome(cellOf(result, 'tcp'), 'rebind')).toEqual([0, 10, 0, 0]);
      const quic = cellOf(result, 'quic');
      for (const name of ['rebind', 'blackout', 'return'])
        expect([name, ...outcome(quic, name)]).toEqual([name, 10, 0, 0, 0]);
      expect(quic.metrics.values['clients.survived']).toBeUndefined(); // of three events there is no outcome of the whole
      // Of those that were deaf nobody noticed while it was measured: four publishers did.
      expect(event(cellOf(result, 'tcp'), 'rebind').metrics?.distributions['reconnect.noticed']?.count).toBe(4);
      // They began together, although one lasts.
      const { atMicros, tookMicros = 0 } = event(quic, 'blackout');
      expect(tookMicros).toBeGreaterThanOrEqual(500_000);
      expect(event(quic, 'return').atMicros).toBeLessThan(atMicros + tookMicros);
    });
  });
