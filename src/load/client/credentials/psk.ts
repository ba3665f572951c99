import { usageError } from '../../../base/errors.js';
import type { PskPlan } from '../../../plan/credentials/psk.js';
import type { ClientTls } from '../../../transport/contract.js';
import { readPskFile } from '../../../transport/tls/psk-file.js';
import { type ClientName, fillVariables } from '../naming.js';

/** The keys of a file, by identity. */
export class Psks {
  private readonly keys: ReadonlyMap<string, string>;

  /** @throws MQB_USAGE when the file cannot be read, or has something else in it */
  constructor(private readonly plan: PskPlan) {
    this.keys = readPskFile(plan.file);
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
