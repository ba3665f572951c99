import { getuid } from 'node:process';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { findContainerRuntimes } from '../base/process/container-runtimes.js';
import { type Finding, finding } from './contract.js';
import { checkLab } from './lab-checks.js';
import { checkMachine } from './machine-checks.js';

/** Looks at everything mqbench needs on this machine, as this user. Changes nothing. */
export async function examine(): Promise<Finding[]> {
  const [machine, quic, containers, lab] = await Promise.all([
    checkMachine(),
    checkQuic(),
    checkContainers(),
    checkLab(),
  ]);
  return [...machine, quic, containers, ...lab, verdictOnLab(lab)];
}

/** What would run a broker's image. */
async function checkContainers(): Promise<Finding> {
  const { usable, refused } = await findContainerRuntimes();
  const all = [...usable.map(({ name, version }) => `${name} ${version}`), ...refused].join('; ');
  const isRoot = getuid?.() === 0;
  const fix = 'sudo apt-get install podman';
  if (usable.length === 0)
    return finding('containers', 'limited', `${all || 'neither podman nor docker'}; brokers run as programs only`, fix);
  if (usable[0]?.name !== 'podman')
    return finding('containers', 'limited', `${all}; brokers in the lab's network need podman`, fix);
  const detail = `${all}; in the lab's network as root only`;
  return isRoot
    ? finding('containers', 'works', all)
    : finding('containers', 'limited', detail, 'run it as root (sudo)');
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
