import type { Result } from '../../result/types.js';
import { agentsOfCells } from './agents.js';
import { clientErrors, failures } from './client-errors.js';
import { type DoubtNotes, unequalHeading } from './doubts.js';
import { brokerReasons } from './reasons.js';
import { statusSentences } from './words.js';

/** What has to be said beside the numbers, one list for each kind. */
export interface Remarks {
  readonly heading: string;
  readonly kind: 'bad' | 'bold' | 'warn';
  readonly items: readonly { readonly text: string; readonly hint?: string | undefined }[];
}

export const failedHeading = 'Failed';

/** Every list that has anything in it, the worst first. */
export function remarksOf({ cells }: Pick<Result, 'cells'>, notes: DoubtNotes): Remarks[] {
  const said = (texts: readonly string[]) => texts.map((text) => ({ text }));
  const all: readonly Remarks[] = [
    { heading: 'Without numbers', kind: 'bad', items: said(statusSentences(cells)) },
    { heading: failedHeading, kind: 'bad', items: said(failures(cells)) },
    { heading: 'Errors that clients met', kind: 'bold', items: clientErrors(cells) },
    { heading: 'Reasons that the broker gave', kind: 'bold', items: said(brokerReasons(cells)) },
    { heading: 'Agents', kind: 'bold', items: said(agentsOfCells(cells)) },
    { heading: unequalHeading, kind: 'warn', items: said(notes.unequal) },
    { heading: 'Before you believe it', kind: 'warn', items: said(notes.lines()) },
  ];
  return all.filter(({ items }) => items.length > 0);
}

/** In one line, with what the user can do about it. */
export const withHint = ({ text, hint }: Remarks['items'][number]): string =>
  hint === undefined ? text : `${text} → ${hint}`;
