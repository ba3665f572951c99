import { resolve } from 'node:path';
import { type LoadPlan, resumptions } from '../../../plan/plan.js';
import { readTickets, writeTickets } from '../../../transport/tickets.js';
import { oneOf } from '../../options/parsers.js';
import { group } from '../../options/rows.js';
import { all, type LoadFlags } from './flags.js';

/** How clients use sessions of earlier connections, also those of an earlier run. */
export const sessionOptions = group('Security', all, {
  tickets: ['--tickets <file>', 'keep session tickets in this file, so that a later run resumes (tls, wss, quic)'],
  resumption: [
    '--resumption <how>',
    'what a connect uses of an earlier session: none, ticket, or early-data (0-RTT, only QUIC) (default ticket)',
    oneOf(...resumptions),
  ],
});

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
