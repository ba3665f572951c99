import { describe } from 'vitest';
import type { DialOptions, ListenOptions, Transport, TransportName } from '../../src/transport/contract.js';
import { describeData } from './suite-data.js';
import { describeDialling } from './suite-dial.js';
import { describeEnds } from './suite-ends.js';

/** What a transport says of itself, so that one suite fits all. */
export interface Traits {
  readonly name: TransportName;
  /** Shown behind the name when a transport runs the suite more than once. */
  readonly variant?: string;
  /** Certificates are verified: TLS, WSS, QUIC. */
  readonly secure: boolean;
  /** One direction can be finished while the other goes on (WebSocket cannot: RFC 6455 closes both). */
  readonly halfClose: boolean;
  /** What a dial to a port where nobody listens may end with. */
  readonly refused: readonly string[];
  /** Added to every listen and dial, e.g. a short QUIC idle timeout. */
  readonly listen?: Partial<ListenOptions>;
  readonly dial?: Partial<DialOptions>;
  /** How long a server may take to notice that a client process was killed. Default 5,000 ms. */
  readonly vanishedWithinMs?: number;
}

/**
 * The behaviour every transport shares; each transport's own test file adds
 * only what differs.
 * @param make a fresh transport, with no sockets shared with an earlier one
 */
export function describeTransport(traits: Traits, make: () => Transport | Promise<Transport>): void {
  describe(`${traits.name} transport${traits.variant ? ` (${traits.variant})` : ''}`, () => {
    describeDialling(traits, make);
    describeData(traits, make);
    describeEnds(traits, make);
  });
}
