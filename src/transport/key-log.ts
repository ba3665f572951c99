import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import type { Quiche } from './quic/native.js';

// The NSS key log format (what SSLKEYLOGFILE names elsewhere), which Wireshark reads.

/** Appends lines. Synchronous, so that the file is complete after a crash too; whoever has it reads everything. */
export function keyLogger(file: string): (lines: Buffer) => void {
  return (lines) => appendFileSync(file, lines, { mode: 0o600 });
}

/**
 * Logs the secrets of a QUIC connection. The binding truncates a file per connection, so each gets one of its own first.
 * @returns moves what was written so far to the file; to be called when the handshake is over, and once more at the end
 */
export function logKeys(quiche: Quiche, file: string): () => void {
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  const append = keyLogger(file);
  quiche.setKeylog(own);
  let done = 0;
  return () => {
    try {
      const text = readFileSync(own);
      if (text.length > done) append(text.subarray(done));
      done = text.length;
      rmSync(own);
    } catch {
      // Moved already, or the folder is gone: keys for Wireshark are no reason to end a connection.
    }
  };
}
