import type { Address } from '../../contract.js';
import { minInitialLength } from '../endpoint/packet.js';
import type { UdpIo } from '../udp/io.js';
import { PeerPath } from './peer-path.js';

/**
 * The address mode `path-validation`: quiche keeps the paths and validates
 * them (RFC 9000 9). Known defects of quiche 0.18: data in flight on a dead
 * path beyond two packets is lost for good, and only a few moves are possible.
 */
export class ValidatedPaths extends PeerPath {
  private readonly sockets = new Map([[this.info.to.port, this.io]]);
  private readonly validated = new Set<number>();

  take(packet: Buffer, from: Address, through: UdpIo): void {
    const to = { host: this.info.to.host, port: through.address.port };
    this.quiche.recv(packet, { from, to });
    this.allowance.received(packet.length);
    this.readEvents();
  }

  timedOut(): void {
    this.quiche.onTimeout();
  }

  transmit(most: number): number {
    let sent = 0;
    while (sent < most && (this.isOpen || this.allowance.left >= minInitialLength)) {
      const slot = this.io.slot();
      const { left } = this.allowance;
      const out = this.quiche.send(left < slot.length ? slot.subarray(0, left) : slot);
      if (out === null) break;
      this.allowance.sent(out[0]);
      const through = this.sockets.get(out[1].from.port) ?? this.io;
      if (through === this.io) {
        through.commit(out[0], out[1].to);
      } else {
        through.slot().set(slot.subarray(0, out[0])); // a probe leaves by the socket of the path it probes
        through.commit(out[0], out[1].to);
        through.flush();
      }
      this.bytesSent += out[0];
      sent++;
    }
    return sent;
  }

  /** Packets for this local port go through that socket. */
  add(io: UdpIo): void {
    this.sockets.set(io.address.port, io);
  }

  /** Whether the path from a local port has been validated by the peer's PATH_RESPONSE. */
  isValidated(localPort: number): boolean {
    return this.validated.has(localPort);
  }

  private readEvents(): void {
    for (let event = this.quiche.pathEventNext(); event; event = this.quiche.pathEventNext()) {
      if (event.type === 'Validated') this.validated.add(event.local.port);
      if (event.type !== 'PeerMigrated') continue;
      this.moves++;
      const active = this.quiche.pathStats().find((path) => path.active);
      if (active) this.current = active.peerHost;
      this.owner.host.spareIds(this.owner); // it will want fresh ones
    }
  }
}
