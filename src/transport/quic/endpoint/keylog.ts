import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import type { Quiche } from '../native.js';

/**
 * Appends a connection's secrets to a file in the SSLKEYLOGFILE format that
 * Wireshark reads. The binding truncates a file per connection, so each gets
 * one of its own first.
 * @returns moves what was written so far to the file; to be called when the handshake is over, and once more at the end
 */
export function logKeys(quiche: Quiche, file: string): () => void {
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  quiche.setKeylog(own);
  let done = 0;
  return () => {
    try {
      const text = readFileSync(own);
      if (text.length > done) appendFileSync(file, text.subarray(done), { mode: 0o600 }); // whoever has it reads everything
      done = text.length;
      rmSync(own);
    } catch {
      // Moved already, or the folder is gone: keys for Wireshark are no reason to end a connection.
    }
  };
}
