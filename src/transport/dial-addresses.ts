import { isIP } from 'node:net';
import { addressBook, familyProblem } from './address-book.js';
import type { Outcome } from './attempt.js';
import type { DialOptions, TransportName } from './contract.js';
import { dialError, failedEverywhere, fromWords, otherFamily } from './dial-errors.js';
import { type Begin, type RaceResult, race } from './race.js';

/**
 * Dials the host at each of its addresses until one answers: at once where it is an address itself, else as RFC 8305 says.
 * @param transport for which address answers it @param url for messages
 * @returns how to give up what is under way, the one that answered included
 */
export function dialAddresses<T>(
  transport: TransportName,
  url: string,
  { host, port, localAddress, addresses: book = addressBook }: DialOptions,
  begin: Begin<T>,
  outcome: Outcome<T>,
): () => void {
  const endpoint = { transport, host, port, localAddress };
  const wrong = localAddress === undefined ? undefined : familyProblem(host, localAddress);
  if (wrong !== undefined) {
    outcome.fail(fromWords(url, { ...otherFamily, says: wrong }));
    return () => {};
  }
  let giveUp = (): void => {};
  let over = false;
  const result: RaceResult<T> = {
    done: (value, address, raced) => {
      book.came(endpoint, address, raced);
      outcome.done(value);
    },
    fail: (failures) => {
      book.failed(endpoint);
      outcome.fail(failedEverywhere(url, failures));
    },
  };
  const start = (addresses: readonly string[], patient: boolean): void => {
    giveUp = race({ addresses, begin, patient }, result);
  };
  if (isIP(host) !== 0) start([host], true);
  else
    book.find(endpoint).then(
      (addresses) => {
        if (!over) start(addresses, book.known(endpoint) !== undefined);
      },
      (error: unknown) => outcome.fail(dialError(url, 'connect', error)),
    );
  return () => {
    over = true;
    // Whoever gives up has waited in vain: the next dial must not wait for the same address alone.
    book.failed(endpoint);
    giveUp();
  };
}
