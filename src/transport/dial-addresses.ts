import { isIP } from 'node:net';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { type AddressBook, type Endpoint, familyProblem } from './address-book.js';
import { dialError, failedEverywhere } from './dial-errors.js';
import { type Begin, type RaceResult, race } from './race.js';

/** What a dial over several addresses is made of. */
export interface DialTry<T> {
  readonly url: string;
  readonly endpoint: Endpoint;
  readonly book: AddressBook;
  readonly begin: Begin<T>;
}

/**
 * Dials the host at each of its addresses until one answers: at once where it is an address itself, else as RFC 8305 says.
 * @returns how to give up what is under way, the one that answered included
 */
export function dialAddresses<T>(
  { url, endpoint, book, begin }: DialTry<T>,
  outcome: { done(value: T): void; fail(error: Error): void },
): () => void {
  const { host, localAddress } = endpoint;
  const wrong = localAddress === undefined ? undefined : familyProblem(host, localAddress);
  if (wrong !== undefined) {
    const hint = 'give a source address (--ifaddr) of the host’s family';
    outcome.fail(
      new MqbenchError('MQB_LOCAL_ADDRESS', `connect to ${url}: ${wrong}`, { hint, exitCode: exitCodes.usage }),
    );
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
