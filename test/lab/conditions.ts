import { spawnSync } from 'node:child_process';
import { codeOf, messageOf } from '../../src/base/errors.js';
import type { LabBackend } from '../../src/lab/contract.js';
import { openLab } from '../../src/lab/lab.js';

const backends = ['tun', 'netem'] as const;
/** Where {@link look} leaves what it has found. */
const found = (backend: LabBackend): string => `MQBENCH_TEST_WHY_NOT_${backend.toUpperCase()}`;

/** Looks once, before all files: the environment of this process is theirs. */
export async function look(): Promise<void> {
  for (const backend of backends) process.env[found(backend)] = (await whyNot(backend)) ?? '';
}

/** Why the lab with this backend cannot be opened here, or undefined when it can. Only what a machine may lack counts. */
export async function whyNot(backend: LabBackend): Promise<string | undefined> {
  const known = process.env[found(backend)];
  if (known !== undefined) return known || undefined;
  try {
    const lab = await openLab({ backend, profile: { up: {}, down: {} }, seed: 1 });
    await lab.close();
    return undefined;
  } catch (error) {
    const lacking = ['MQB_LAB_RIGHTS', 'MQB_LAB_TOOLS', 'MQB_LAB_BACKEND', 'MQB_TUN'];
    if (lacking.includes(codeOf(error))) return messageOf(error);
    throw error;
  }
}

/** The backends that work here; prints why one does not. */
export async function availableBackends(): Promise<LabBackend[]> {
  const available: LabBackend[] = [];
  for (const backend of backends) {
    const reason = await whyNot(backend);
    if (reason === undefined) available.push(backend);
    else process.stderr.write(`skipped: lab tests of backend ${backend}: ${reason}\n`);
  }
  return available;
}

/** Inode numbers of the network namespaces that exist on this machine, with their processes. */
export function networkNamespaces(): string[] {
  const { stdout } = spawnSync('lsns', ['--noheadings', '--type', 'net', '--output', 'NS,PID,COMMAND'], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter(Boolean);
}
