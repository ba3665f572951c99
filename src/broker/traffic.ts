import { nowMicros } from '../base/clock.js';
import type { Connection } from '../transport/contract.js';
import type { Refusal } from './intake/judge.js';

/** What went through the broker since it started. */
export class Traffic {
  publishesReceived = 0;
  readonly counters = {
    connects: 0,
    versionsRefused: 0,
    clientErrors: 0,
    connectionErrors: 0,
    keepaliveTimeouts: 0,
    /** Connections that were cut off by a limit; of those, the ones that sent too large a packet. */
    limitsExceeded: 0,
    packetsTooLarge: 0,
    /** Connections that were cut off for a packet against the rules of MQTT. */
    packetsMalformed: 0,
  };
  private closedReceived = 0;
  private closedSent = 0;

  /** Told of each client that is cut off for what it sent. */
  onRefused: ((refusal: Refusal) => void) | undefined;
  /** Told how many seconds a connection lived. */
  onClosed: ((connection: Connection, seconds: number) => void) | undefined;

  refused(refusal: Refusal): void {
    if (refusal.kind === 'malformed') this.counters.packetsMalformed++;
    else if (refusal.kind === 'version') this.counters.versionsRefused++;
    else {
      this.counters.packetsTooLarge++;
      this.counters.limitsExceeded++;
    }
    this.onRefused?.(refusal);
  }

  /** Keeps the bytes of a connection that is going away. */
  closed(connection: Connection): void {
    this.onClosed?.(connection, (nowMicros() - connection.timings.started) / 1e6);
    this.closedReceived += connection.bytesReceived;
    this.closedSent += connection.bytesSent;
  }

  /** Bytes of connections that are gone and of those that live. */
  bytes(living: Iterable<Connection>): { bytesReceived: number; bytesSent: number } {
    let [bytesReceived, bytesSent] = [this.closedReceived, this.closedSent];
    for (const connection of living) {
      bytesReceived += connection.bytesReceived;
      bytesSent += connection.bytesSent;
    }
    return { bytesReceived, bytesSent };
  }
}
