import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Result } from '../../src/result/types.js';
import { measure } from '../helpers/measure.js';

/** Eight clients with four addresses, which publish to themselves 20 ms away while something happens to them. */
export const movingFleet = (options: {
  readonly arms: string;
  readonly backend?: 'tun';
  readonly perSecond: number;
  readonly seconds: number;
  readonly deadAfter?: string;
  readonly connectTimeout?: string;
  readonly drain?: string;
  readonly timeline: readonly string[];
}): string => `
title: What happens to a fleet on the move
lab: { clientAddresses: 4${options.backend ? `, backend: ${options.backend}` : ''} }
arms: [${options.arms}]
network: { rtt: [20ms] }
load:
  clients: 8
  connectRate: 100/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: ${options.perSecond}/s }
  reconnect: { first: 100ms, max: 500ms }
  deadAfter: ${options.deadAfter ?? '1s'}
  connectTimeout: ${options.connectTimeout ?? '2s'}
  duration: ${options.seconds}s
  drain: ${options.drain ?? '2s'}
timeline:
${options.timeline.map((event) => `  - { ${event} }`).join('\n')}
`;

/** Runs a scenario, in which nothing may fail. */
export async function play(scenario: string): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-play-'));
  try {
    writeFileSync(join(folder, 'scenario.yaml'), scenario);
    const result = await measure(join(folder, 'scenario.yaml'));
    expect(result.cells.flatMap(({ error }) => error ?? [])).toEqual([]);
    expect(result.expectations.filter(({ outcome }) => outcome !== 'held')).toEqual([]);
    expect(result.status).toBe('finished');
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The hosts where the broker saw clients, from an event's proof. */
export function hostsIn(peers: unknown): string[] {
  return Object.keys(peers as Record<string, number>);
}
