import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';

// Session tickets in a file, so that a later run resumes what an earlier one began. Text: one line that says what it is,
// then one JSON array [key, ticket in base64] per client. Whoever has a ticket and its secret can resume: mode 0600.

const header = 'mqbench session tickets, version 1';

/** Tickets by key; it is a TicketStore of the transports' contract. */
export type Tickets = Map<string, Uint8Array>;

/**
 * Tickets that an earlier run left. Damaged lines are left out: their clients make a full handshake.
 * A file that is not there, or empty, has none.
 * @param wanted keys worth the memory; undefined: all
 * @throws MQB_TICKETS (exit 2) when it cannot be read, or is something else and would be overwritten later
 */
export function readTickets(file: string, wanted?: ReadonlySet<string>): Tickets {
  const tickets: Tickets = new Map();
  const [first = '', ...lines] = textOf(file).split('\n');
  if (first === '' && lines.length === 0) return tickets;
  if (first !== header) {
    throw new MqbenchError('MQB_TICKETS', `${file} is no file of session tickets`, {
      hint: 'it would be overwritten: give the file of an earlier --tickets, or a new name',
      exitCode: exitCodes.usage,
    });
  }
  for (const line of lines) {
    const entry = entryOf(line);
    if (entry !== undefined && wanted?.has(entry[0]) !== false) tickets.set(entry[0], entry[1]);
  }
  return tickets;
}

/**
 * Writes the whole file anew; it is complete or unchanged whenever this process ends.
 * @throws MQB_TICKETS
 */
export function writeTickets(file: string, tickets: ReadonlyMap<string, Uint8Array>): void {
  const lines = [header];
  for (const [key, ticket] of tickets) lines.push(JSON.stringify([key, Buffer.from(ticket).toString('base64')]));
  const fresh = `${file}.new`;
  try {
    rmSync(fresh, { force: true }); // one left by a run that was killed may have another mode
    writeFileSync(fresh, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, file);
  } catch (cause) {
    throw new MqbenchError('MQB_TICKETS', `write session tickets to ${file}: ${messageOf(cause)}`, {
      hint: 'give a path in a folder that can be written to',
      exitCode: exitCodes.usage,
      cause,
    });
  }
}

/** Lays the tickets of `parts` over those in `file` and removes the parts. Parts that are not there add nothing. */
export function mergeTickets(file: string, parts: readonly string[]): void {
  const there = parts.filter((part) => existsSync(part));
  if (there.length === 0) return;
  const all = readTickets(file);
  for (const part of there) for (const [key, ticket] of readTickets(part)) all.set(key, ticket);
  writeTickets(file, all);
  for (const part of there) rmSync(part, { force: true });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return '';
    throw new MqbenchError('MQB_TICKETS', `read session tickets from ${file}: ${messageOf(cause)}`, {
      hint: 'give a file that can be read and written',
      exitCode: exitCodes.usage,
      cause,
    });
  }
}

function entryOf(line: string): [key: string, ticket: Uint8Array] | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    if (!Array.isArray(entry)) return undefined;
    const [key, text] = entry;
    if (typeof key !== 'string' || typeof text !== 'string' || text === '') return undefined;
    return [key, Buffer.from(text, 'base64')];
  } catch {
    return undefined;
  }
}
