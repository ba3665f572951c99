import { readFileSync, readlinkSync } from 'node:fs';
import { pid } from 'node:process';
import { run } from '../../../base/process/child.js';
import type { RuntimeName } from '../../../base/process/container-runtimes.js';

/** The label of our containers: whose they are. */
const label = 'io.mqbench.owner';

/** What marks a container as one of this process. */
export const ownerLabel = (): string => `${label}=${ownerText(pid)}`;

/**
 * A process, as no other one is called: process ids are used again, and mean something else in another PID namespace.
 * @throws when there is none
 */
function ownerText(of: number): string {
  const text = readFileSync(`/proc/${of}/stat`, 'utf8');
  const began = text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  return `${bootAndNamespace()}-${of}-${began}`;
}

function bootAndNamespace(): string {
  const [number] = /\d+/.exec(readlinkSync('/proc/self/ns/pid')) ?? [''];
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}-${number}`;
}

/**
 * Removes containers whose mqbench is gone: who watches over them (start.ts) may have been killed with it. Those of another machine,
 * boot or PID namespace, whose processes cannot be seen, are left alone.
 */
export async function removeOrphans(runtime: RuntimeName): Promise<void> {
  const ids = (await run(runtime, ['ps', '-aq', '--no-trunc', '--filter', `label=${label}`])).trim();
  for (const id of ids.split('\n').filter(Boolean)) {
    const owner = await run(runtime, ['inspect', '--format', `{{index .Config.Labels "${label}"}}`, id]).catch(
      () => '',
    );
    if (isGone(owner.trim())) await run(runtime, ['rm', '-f', id]).catch(() => {}); // gone meanwhile
  }
}

/** Of this PID namespace, and no longer there. */
function isGone(owner: string): boolean {
  const [, where, of] = /^(.*)-(\d+)-\d+$/.exec(owner) ?? [];
  if (where === undefined || where !== bootAndNamespace()) return false;
  try {
    return ownerText(Number(of)) !== owner;
  } catch {
    return true;
  }
}
