import { resolve } from 'node:path';
import type { LoadPlan } from '../../../plan/plan.js';
import type { TransportName } from '../../../transport/contract.js';
import { readTickets, writeTickets } from '../../../transport/tickets.js';
import { oneOf } from '../../parsers.js';
import type { LoadFlags } from './flags.js';
import type { OptionRow } from './row.js';

/** How clients use sessions of earlier connections, also those of an earlier run. */
export const sessionOptions = {
  tickets: {
    flags: '--tickets <file>',
    group: 'security',
    says: 'keep session tickets in this file, so that a later run resumes (tls, wss, quic)',
  },
  resumption: {
    flags: '--resumption <how>',
    group: 'security',
    says: 'what a connect uses of an earlier session: none, ticket, or early-data (0-RTT, only QUIC) (default ticket)',
    parse: oneOf('none', 'ticket', 'early-data'),
  },
} satisfies Partial<Record<keyof LoadFlags, OptionRow>>;

/** What of these flags cannot be. */
export function sessionProblems(transport: TransportName, { tickets, resumption }: LoadFlags): string[] {
  const problems: string[] = [];
  const encrypted = transport === 'tls' || transport === 'wss' || transport === 'quic';
  if (!encrypted) {
    if (tickets !== undefined) problems.push(`--tickets needs tls, wss or quic, and this run uses ${transport}`);
    if (resumption !== undefined) problems.push(`--resumption needs tls, wss or quic, and this run uses ${transport}`);
  } else if (resumption === 'early-data' && transport !== 'quic') {
    problems.push(`--resumption early-data needs QUIC, and this run uses ${transport}: add --quic`);
  }
  if (tickets !== undefined && resumption === 'none')
    problems.push('--tickets keeps tickets, and --resumption none uses none: leave one out');
  return problems;
}

/**
 * The part of the plan's target that these flags mean.
 * @throws MQB_TICKETS when the file is not one of tickets, or cannot be written: before the load, not after it
 */
export function sessionTarget(
  { tickets, resumption }: LoadFlags,
  cwd: string,
): Pick<LoadPlan['target'], 'ticketsFile' | 'resumption'> {
  if (tickets === undefined) return { resumption };
  const ticketsFile = resolve(cwd, tickets);
  writeTickets(ticketsFile, readTickets(ticketsFile));
  return { ticketsFile, resumption };
}
