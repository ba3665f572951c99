import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

let known: number | undefined;

/**
 * Whose CLOCK_MONOTONIC {@link nowMicros} of clock.ts reads, as 48 bits: the same for all processes that share that clock,
 * also in containers and in namespaces of any other kind, and another one for each boot of each machine and for each time
 * namespace.
 */
export function clockIdentity(): number {
  known ??= createHash('sha256').update(ownClock()).digest().readUIntBE(0, 6);
  return known;
}

/** From here on times of this process are read from that clock ({@link ./clock.ts}, followClock). */
export function adoptClock(identity: number): void {
  known = identity;
}

function ownClock(): string {
  try {
    // The initial time namespace has one number on all machines; kernels before 5.6 have none.
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${timeNamespace()}`;
  } catch {
    return hostname(); // no Linux: machines are told apart, their boots are not
  }
}

function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch {
    return '';
  }
}
