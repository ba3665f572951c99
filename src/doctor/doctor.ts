import type { Finding } from './contract.js';
import { checkLab } from './lab-checks.js';
import { checkMachine } from './machine-checks.js';
import { checkQuic } from './quic-check.js';

/** Looks at everything mqbench needs on this machine, as this user. Changes nothing. */
export async function examine(): Promise<Finding[]> {
  const [machine, quic, lab] = await Promise.all([checkMachine(), checkQuic(), checkLab()]);
  return [...machine, quic, ...lab, verdictOnLab(lab)];
}

/** The sum of the lab's findings: which backend a run would use, or why there is none. */
export function verdictOnLab(findings: readonly Finding[]): Finding {
  const works = (what: string): boolean => findings.some((one) => one.what === what && one.verdict === 'works');
  const base = works('lab programs') && works('namespaces') && works('NAT');
  const backend = works('netem') ? 'netem' : works('tun') ? 'tun' : undefined;
  if (base && backend) {
    return { what: 'network lab', verdict: 'works', detail: `would use the backend ${backend}`, essential: true };
  }
  const fixes = findings.filter((one) => one.verdict === 'missing' && one.fix).map((one) => one.fix);
  return {
    what: 'network lab',
    verdict: 'missing',
    detail: 'not possible here; loopback (network: none) works',
    ...(fixes.length > 0 ? { fix: fixes.join('; ') } : {}),
    essential: true,
  };
}
