import { planCells } from './matrix.js';
import type { ResolvedScenario } from './types.js';

/**
 * In what the arms differ beside their transport: a reader must know it before
 * he compares them. Empty when they run on equal terms.
 */
export function unequalTerms(scenario: ResolvedScenario): string[] {
  const { timeline } = scenario;
  const arms = [...new Set(planCells(scenario).map((cell) => cell.arm))]; // without those that --only leaves out
  const terms: string[] = [];
  const differ = (what: string, of: (arm: (typeof arms)[number]) => string | undefined): void => {
    const groups = new Map<string, string[]>();
    for (const arm of arms) {
      const value = of(arm);
      if (value !== undefined) groups.set(value, [...(groups.get(value) ?? []), arm.name]);
    }
    if (groups.size < 2) return;
    terms.push(`${what}: ${[...groups].map(([value, names]) => `${value} on ${names.join(', ')}`).join('; ')}`);
  };
  differ('congestion control', (arm) => arm.congestionControl);
  differ('TLS version', (arm) => arm.tlsVersion);
  differ('sessions resumed', (arm) => (arm.tlsVersion === undefined ? undefined : resumptionWords[arm.resumption]));
  differ('early data', (arm) =>
    arm.resumption === 'early-data' ? earlyDataWords[arm.earlyData ?? 'accept'] : undefined,
  );
  differ('streams', (arm) => (arm.transport === 'quic' ? String(arm.streams) : undefined));
  differ('QoS 0', (arm) => (arm.transport === 'quic' ? (arm.datagrams ? 'in datagrams' : 'on streams') : undefined));
  differ('TLS ended by', (arm) => (arm.transport === 'tls' ? arm.terminator : undefined));
  for (const event of timeline) {
    const without = event.arms && arms.filter((arm) => !event.arms?.includes(arm.name));
    if (event.arms && without && without.length > 0) {
      terms.push(`${event.name} happens to ${event.arms.join(', ')} only`);
    }
  }
  return terms;
}

const earlyDataWords = { accept: 'accepted', hold: 'held where a replay does harm', reject: 'rejected' } as const;
const resumptionWords = { none: 'never', ticket: 'by ticket', 'early-data': 'with early data' } as const;
