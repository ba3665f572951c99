import { readFileSync } from 'node:fs';
import { messageOf, usageError } from '../../../base/errors.js';
import type { PskPlan } from '../../../plan/credentials/psk.js';
import type { ClientTls } from '../../../transport/contract.js';
import { type ClientName, fillVariables } from '../naming.js';

/** The keys of a file, by identity. */
export class Psks {
  private readonly keys = new Map<string, string>();

  /** @throws MQB_USAGE when the file cannot be read, or has something else in it */
  constructor(private readonly plan: PskPlan) {
    for (const [i, line] of textOf(plan.file).split(/\r?\n/).entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const at = line.lastIndexOf(':');
      const [identity, key] = [line.slice(0, at), line.slice(at + 1).trim()];
      if (at <= 0 || key.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(key))
        throw usageError('MQB_USAGE', `${plan.file}:${i + 1} is no identity, ":" and a key in hexadecimal`);
      this.keys.set(identity, key);
    }
  }

  /** @throws MQB_USAGE when the file has no key for the client's identity */
  of(name: ClientName): NonNullable<ClientTls['psk']> {
    const identity = fillVariables(this.plan.identity, name);
    const key = this.keys.get(identity);
    if (key !== undefined) return { identity, key };
    throw usageError(
      'MQB_USAGE',
      `${this.plan.file} has no key for the identity "${identity}"`,
      'each client needs one',
    );
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError('MQB_USAGE', `read pre-shared keys: ${messageOf(error)}`, 'give the path of a file');
  }
}
