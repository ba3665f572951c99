import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { estimateCellMicros } from '../../../src/scenario/estimate.js';
import { findScenario, shippedScenarios } from '../../../src/scenario/find.js';
import { scenarioJsonSchema, schemaFile } from '../../../src/scenario/language/json-schema.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import { unequalTerms } from '../../../src/scenario/terms.js';
import { atRate } from '../../helpers/plans.js';

const read = (name: string, quick = false) => {
  const file = findScenario(name, '/');
  return readScenario(readFileSync(file, 'utf8'), file, { quick });
};

describe('scenarios that come with mqbench', () => {
  it.each(shippedScenarios())('%s is valid, says why and from where, and expects something', (name) => {
    const scenario = read(name);
    expect(scenario.why).toBeTruthy();
    expect(scenario.sources.length).toBeGreaterThan(0);
    expect(scenario.expect.length).toBeGreaterThan(0);
  });

  it.each(shippedScenarios())('%s ends within about a minute with --quick', (name) => {
    const scenario = read(name, true);
    const micros = planCells(scenario).reduce((sum, cell) => sum + estimateCellMicros(scenario, cell.network), 0);
    expect(micros / 1e6).toBeLessThanOrEqual(60);
    expect(scenario.expect.length).toBeGreaterThan(0);
  });

  it('cover the published experiments at their published size', () => {
    expect(shippedScenarios()).toEqual(
      expect.arrayContaining([
        'connect-latency',
        'reconnect',
        'connect-storm',
        'nat-rebind',
        'lossy-link',
        'wire-overhead',
      ]),
    );
    expect(read('connect-latency').load.clients).toBe(5000);
    expect(read('connect-storm').load.clients).toBe(5000);
    expect(read('lossy-link').load.publish?.pace).toEqual(atRate(20_000));
  });
});

describe('the JSON Schema for editors', () => {
  it('is the one of the language (else: npm run build && node scripts/scenario-schema.mjs)', () => {
    const file = new URL(`../../../${schemaFile}`, import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(scenarioJsonSchema());
  });

  it('describes every field', () => {
    const schema = JSON.parse(scenarioJsonSchema()) as { properties: Record<string, { description?: string }> };
    const undescribed = Object.entries(schema.properties).filter(([, property]) => !property.description);
    expect(undescribed.map(([name]) => name)).toEqual([]);
  });
});

describe('unequal terms', () => {
  const terms = (arms: string, more = '') =>
    unequalTerms(readScenario(`title: t\narms: [${arms}]\nnetwork: {rtt: 1ms}\nload: {}\n${more}`, 'x.yaml'));

  it('are none between the plain transports of the kernel', () => {
    expect(terms('tcp, tls, ws, wss')).toEqual([]);
  });

  it('are said of versions, tickets, terminators and events of some arms', () => {
    expect(terms("tls, quic, {transport: tls, tlsVersion: '1.2'}")[0]).toBe(
      'TLS version: 1.3 on tls, quic; 1.2 on tls12',
    );
    expect(terms('tcp, tls, {transport: quic, resumption: early-data}')[0]).toBe(
      'sessions resumed: never on tls; with early data on quic-0rtt',
    );
    expect(terms('tls, {transport: tls, terminator: nginx}')).toEqual([
      'TLS ended by: broker on tls; nginx on tls-nginx',
    ]);
    expect(terms('tcp, quic', 'timeline: [{at: 1s, do: rebind, arms: [quic]}]')[0]).toBe('rebind happens to quic only');
  });
});
