import type { ErrorCount, EventRecord } from '../result/types.js';

/** How connections end that an event of the run cuts. */
const cutCodes: ReadonlySet<string> = new Set(['MQB_LOST', 'MQB_CLOSED', 'MQB_SILENT']);

/**
 * What clients met, as it is told of a cell: a loss that the run itself brought about is first of all that. The load knows
 * nothing of events that happen to the network, and so looks for the reason at the broker.
 * @param events with what became of the clients, where they disturb any
 */
export function errorsOfCell(errors: readonly ErrorCount[], events: readonly EventRecord[]): ErrorCount[] {
  const names = events.filter(({ metrics }) => metrics !== undefined).map(({ name }) => name);
  if (names.length === 0) return [...errors];
  const own = `this run’s own ${[...new Set(names)].join(', ')} ends connections so`;
  return errors.map((error) => {
    if (!cutCodes.has(error.code)) return error;
    return { ...error, hint: error.hint === undefined ? own : `${own}; of any others: ${error.hint}` };
  });
}
