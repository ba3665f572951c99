import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { type Finding, finding } from './contract.js';
import { checkLab } from './lab-checks.js';
import { checkMachine } from './machine-checks.js';

/** Looks at everything mqbench needs on this machine, as this user. Changes nothing. */
export async function examine(): Promise<Finding[]> {
  const [machine, quic, lab] = await Promise.all([checkMachine(), checkQuic(), checkLab()]);
  return [...machine, quic, ...lab, verdictOnLab(lab)];
}

/** Whether the native QUIC binding loads on this platform. */
async function checkQuic(): Promise<Finding> {
  try {
    const { loadNative } = await import('../transport/quic/native.js');
    await loadNative();
    return finding('QUIC', 'works', 'the native binding loads');
  } catch (error) {
    const hint = error instanceof MqbenchError && error.hint;
    const fix = hint || 'npm ci, on a platform that @matrixai/quic has a binary for';
    const detail = `${messageOf(error)} (${codeOf(error)}); TCP, TLS and WebSocket work without it`;
    return finding('QUIC', 'missing', detail, fix);
  }
}

/** The sum of the lab's findings: which backend a run would use, or why there is none. */
function verdictOnLab(findings: readonly Finding[]): Finding {
  const works = (what: string): boolean => findings.some((one) => one.what === what && one.verdict === 'works');
  const base = works('lab programs') && works('namespaces') && works('NAT');
  const backend = works('netem') ? 'netem' : works('tun') ? 'tun' : undefined;
  const fixes = findings.flatMap(({ verdict, fix }) => (verdict === 'missing' && fix ? [fix] : [])).join('; ');
  const lab =
    base && backend
      ? finding('network lab', 'works', `would use the backend ${backend}`)
      : finding('network lab', 'missing', 'not possible here; loopback (network: none) works', fixes || undefined);
  return { ...lab, essential: true };
}
