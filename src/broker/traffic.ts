import { nowMicros } from '../base/clock.js';
import type { Connection } from '../transport/contract.js';
import type { Refusal } from './intake/intake.js';

/** What went through the broker since it started. */
export class Traffic {
  publishesReceived = 0;
  publishesDelivered = 0;
  clientErrors = 0;
  connectionErrors = 0;
  keepaliveTimeouts = 0;
  /** Connections that were cut off by a limit; of those, the ones that sent too large a packet. */
  limitsExceeded = 0;
  private packetsTooLarge = 0;
  /** Connections that were cut off for a packet against the rules of MQTT. */
  private packetsMalformed = 0;
  private connects = 0;
  private refusedVersions = 0;
  private closedReceived = 0;
  private closedSent = 0;

  /** A CONNECT arrived. aedes speaks MQTT 3.1 (3) and 3.1.1 (4) and refuses any other [MQTT-3.1.2-2]. */
  connect(protocolVersion: number | undefined): void {
    this.connects++;
    if (protocolVersion === 3 || protocolVersion === 4) return;
    this.refusedVersions++;
    this.onRefusedVersion?.(protocolVersion);
  }

  /** Told of each CONNECT whose protocol version is refused. */
  onRefusedVersion: ((protocolVersion: number | undefined) => void) | undefined;

  /** A client is cut off for what it sent. */
  refused(refusal: Refusal): void {
    if (refusal.kind === 'malformed') {
      this.packetsMalformed++;
    } else {
      this.packetsTooLarge++;
      this.limitsExceeded++;
    }
    this.onRefused?.(refusal);
  }

  /** Told of each client that is cut off for what it sent. */
  onRefused: ((refusal: Refusal) => void) | undefined;

  /** Told how many seconds a connection lived. */
  onClosed: ((connection: Connection, seconds: number) => void) | undefined;

  /** Keeps the bytes of a connection that is going away. */
  closed(connection: Connection): void {
    this.onClosed?.(connection, (nowMicros() - connection.timings.started) / 1e6);
    this.closedReceived += connection.bytesReceived;
    this.closedSent += connection.bytesSent;
  }

  /** Bytes of connections that are gone and of those that live. */
  bytes(living: Iterable<Connection>): { bytesReceived: number; bytesSent: number } {
    let received = this.closedReceived;
    let sent = this.closedSent;
    for (const connection of living) {
      received += connection.bytesReceived;
      sent += connection.bytesSent;
    }
    return { bytesReceived: received, bytesSent: sent };
  }

  /** By name, as in {@link BrokerStats.counters}. */
  counters(): Readonly<Record<string, number>> {
    return {
      'mqtt.connects': this.connects,
      'mqtt.versionsRefused': this.refusedVersions,
      'mqtt.clientErrors': this.clientErrors,
      'mqtt.connectionErrors': this.connectionErrors,
      'mqtt.keepaliveTimeouts': this.keepaliveTimeouts,
      'mqtt.limitsExceeded': this.limitsExceeded,
      'mqtt.packetsTooLarge': this.packetsTooLarge,
      'mqtt.packetsMalformed': this.packetsMalformed,
    };
  }
}
