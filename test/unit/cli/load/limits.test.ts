import { describe, expect, it } from 'vitest';
import { checkLimits, checkScenarioLimits, machineLimits } from '../../../../src/cli/load/limits.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { readScenario } from '../../../../src/scenario/read.js';

function plan(clients: number, over: { addresses?: number; hosts?: number; transport?: string } = {}): LoadPlan {
  return {
    clients,
    localAddresses: Array.from({ length: over.addresses ?? 0 }, (_, i) => `127.0.0.${i + 2}`),
    target: {
      transport: over.transport ?? 'tcp',
      hosts: Array.from({ length: over.hosts ?? 1 }, () => ({ host: 'h', port: 1 })),
    },
  } as unknown as LoadPlan;
}

const limits = { descriptors: 20_000, ports: 28_232 };

describe('limits of the machine, before the run', () => {
  it('let through what fits', () => {
    expect(() => checkLimits(plan(19_940), 1, limits)).not.toThrow();
    expect(() => checkLimits(plan(28_232), 2, limits)).not.toThrow();
    expect(() => checkLimits(plan(50_000, { addresses: 2 }), 3, limits)).not.toThrow();
    expect(() => checkLimits(plan(50_000, { hosts: 2 }), 3, limits)).not.toThrow();
    expect(() => checkLimits(plan(500_000, { transport: 'quic' }), 1, limits)).not.toThrow();
  });

  it('name the descriptors that are missing, and how many workers would do', () => {
    expect(() => checkLimits(plan(19_941), 1, limits)).toThrow(
      /20,001 file descriptors per generator process, and 20,000/,
    );
    try {
      checkLimits(plan(28_000), 1, limits);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'MQB_LIMITS', exitCode: 3 });
      const { hint } = error as { hint: string };
      const workers = Number(/--workers (\d+)/.exec(hint)?.[1]);
      expect(() => checkLimits(plan(28_000), workers, limits)).not.toThrow();
    }
  });

  it('name the memory that is missing, on QUIC too', () => {
    const small = { ...limits, memory: 4e9 };
    expect(() => checkLimits(plan(500_000, { transport: 'quic' }), 1, small)).not.toThrow();
    expect(() => checkLimits(plan(500_001, { transport: 'quic' }), 1, small)).toThrow(/4\.00 GB of memory at least/);
  });

  it('name the ports that are missing, and how many source addresses would do', () => {
    try {
      checkLimits(plan(100_000), 10, limits);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).toMatch(/100,000 source ports, and 1 source address has 28,232/);
      const addresses = Number(/--ifaddr with (\d+)/.exec((error as { hint: string }).hint)?.[1]);
      expect(() => checkLimits(plan(100_000, { addresses }), 10, limits)).not.toThrow();
    }
  });

  it('are read from this machine', () => {
    const { descriptors, ports } = machineLimits();
    expect(descriptors).toBeGreaterThan(100);
    expect(ports).toBeGreaterThan(1_000);
  });
});

describe('limits of the machine, before a scenario', () => {
  const scenario = (clients: number, more: { arms?: string; addresses?: number; network?: string } = {}) =>
    readScenario(
      `title: T
arms: [${more.arms ?? 'tcp'}]
network: ${more.network ?? '{rtt: 1ms}'}
load: {clients: ${clients}, connectRate: 10k/s}
${more.addresses ? `lab: {clientAddresses: ${more.addresses}}\n` : ''}`,
      's.yaml',
    );
  const large = { descriptors: 1e6, ports: 60_000 };

  it('let through what fits, and QUIC', () => {
    expect(() => checkScenarioLimits(scenario(19_940), 1, limits)).not.toThrow();
    expect(() => checkScenarioLimits(scenario(500_000, { arms: 'quic' }), 1, limits)).not.toThrow();
    expect(() => checkScenarioLimits(scenario(50_000, { addresses: 2 }), 1, large)).not.toThrow();
  });

  it('are those of the generator and of the broker, with the sentences of the commands', () => {
    expect(() => checkScenarioLimits(scenario(25_000, { arms: 'quic, tls' }), 2, limits)).toThrow(
      expect.objectContaining({
        code: 'MQB_LIMITS',
        exitCode: 3,
        message: '25,000 clients need 25,060 file descriptors of the broker, and 20,000 are allowed',
        hint: 'ulimit -n 25060 before the run',
      }),
    );
    expect(() => checkScenarioLimits(scenario(50_000), 1, limits)).toThrow(
      /50,000 clients need 50,060 file descriptors per generator process.*of the broker.*50,000 source ports, and 1 source address has 28,232/,
    );
  });

  it('has in a lab the ports of a network namespace, whatever the machine has', () => {
    expect(() => checkScenarioLimits(scenario(50_000), 1, large)).toThrow(
      expect.objectContaining({ hint: 'lab.clientAddresses: 2' }),
    );
    expect(() => checkScenarioLimits(scenario(50_000, { network: 'none' }), 1, large)).not.toThrow();
  });
});
