import { describe, expect, it } from 'vitest';
import { describeLoad } from '../../../../src/cli/load/describe.js';
import { notesOf } from '../../../../src/cli/load/notes.js';
import type { LoadFlags } from '../../../../src/cli/load/options/flags.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';

const planOf = (transport: 'tls' | 'wss' | 'quic', verify: boolean): LoadPlan =>
  ({
    target: { transport, hosts: [{ host: 'h', port: 1 }], tls: { verify } },
    clients: 2,
    connectRate: 10,
    mqttVersion: 4,
  }) as unknown as LoadPlan;

describe('a load that checks no certificate', () => {
  it.each(['tls', 'wss', 'quic'] as const)('says so before it begins and in its result: %s', (transport) => {
    const report = { counters: {}, metrics: { distributions: {}, values: {} } };
    const words = (verify: boolean): string[] => {
      const plan = planOf(transport, verify);
      return [describeLoad(plan, {} as LoadFlags, 1), ...notesOf(plan, report)];
    };
    expect(words(false)).toMatchSnapshot();
    expect(words(true)).toMatchSnapshot();
  });
});
