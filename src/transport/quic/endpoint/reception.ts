import { randomBytes } from 'node:crypto';
import type { Address } from '../../contract.js';
import { logKeys } from '../../key-log.js';
import { QuicConnection } from '../connection/connection.js';
import { tlsAlert } from '../connection/failure.js';
import type { ConnectionHooks } from '../connection/hooks.js';
import type { Config, Quiche } from '../native.js';
import type { Endpoint } from './endpoint.js';
import { connectionIdLength, keyOf, type LongHeader, minInitialLength, parseLong } from './packet.js';
import { invalidToken, writeRefusal } from './refusal.js';
import { RetryTokens } from './retry-token.js';

/** What makes an endpoint a server. */
export interface Acceptor {
  readonly config: Config;
  readonly hooks: ConnectionHooks;
  /** Makes the tokens of stateless resets; a server that shall reset the connections of an earlier process has that one's. */
  readonly resetKey?: Uint8Array;
  /** Secrets are appended to this file in the SSLKEYLOGFILE format. */
  readonly keyLogFile?: string;
}

/** Connections of an endpoint, beyond which new clients are turned away. */
const mostConnections = 100_000;

/** Where strangers arrive: decides about every long header that belongs to no connection. */
export class Reception {
  private readonly tokens = new RetryTokens();

  constructor(
    private readonly host: Endpoint,
    private readonly acceptor: Acceptor,
  ) {}

  receive(packet: Buffer, from: Address): void {
    const { counters, native } = this.host;
    const header = parseLong(packet);
    if (!header || (header.type !== 'version' && packet.length < minInitialLength)) {
      counters.datagramsMalformed++;
    } else if (header.type === 'version') {
      counters.datagramsUnknown++; // RFC 9000 6.1: never answered, or two servers would answer each other for ever
    } else if (!native.versionIsSupported(header.version)) {
      this.answer(from, (slot) => native.negotiateVersion(header.scid, header.dcid, slot));
      counters.versionsNegotiated++;
    } else if (header.type === 'initial') {
      this.initial(packet, header, from);
    } else {
      counters.datagramsUnknown++; // 0-RTT that overtook its Initial, or a connection that is gone
    }
  }

  private initial(packet: Buffer, header: LongHeader, from: Address): void {
    const { host } = this;
    const { settings, counters } = host;
    const { token, dcid } = header;
    const original = token.length > 0 ? this.tokens.check(token, from, dcid, host.nowMs()) : undefined;
    if (token.length > 0 && !original) {
      counters.tokensRefused++;
      // A client takes one Retry only: without this it would wait for nothing (RFC 9000 8.1.2).
      if (this.tokens.isOurs(token)) {
        this.refuse(header, from, invalidToken);
        return;
      }
      // A token that is not ours is no reason to refuse (RFC 9000 8.1.3): the client is one without a token.
    }
    if (this.full()) return;
    const isFlood = settings.retry === 'flood' && host.unfinished >= settings.retryAbove;
    if (!original && (settings.retry === 'always' || isFlood)) {
      this.sendRetry(header, from);
      return;
    }
    const quiche = this.admit(packet, from, dcid, original);
    if (quiche === undefined) return;
    // TLS said no to the ClientHello (another application protocol). quiche would keep it to itself for seconds.
    const error = quiche.localError();
    if (error && !error.isApp && error.errorCode >= tlsAlert) this.refuse(header, from, error.errorCode);
  }

  /**
   * A new connection takes its first datagram.
   * @param dcid the client's id for us @param original the one before a Retry, which has shown that it is where it says
   * @returns it when that was its end
   */
  private admit(packet: Buffer, from: Address, dcid: Buffer, original: Buffer | undefined): Quiche | undefined {
    const { host } = this;
    const { config, hooks, keyLogFile } = this.acceptor;
    const { counters, io } = host;
    const id = original ? dcid : randomBytes(connectionIdLength);
    config.setStatelessResetToken(host.resetTokens.tokenOf(id));
    const quiche = host.native.Connection.accept(id, original ?? null, io.address, from, config);
    const connection = new QuicConnection(quiche, 'server', host, host.settings, { from, to: io.address }, hooks);
    if (keyLogFile !== undefined) connection.secrets = logKeys(quiche, keyLogFile);
    if (!original) connection.path.allowance.limit();
    host.unfinished++;
    host.register(connection, (original ? [id] : [id, dcid]).map(keyOf));
    if (connection.receive(packet, from, io)) {
      counters.connectionsAccepted++;
      return undefined;
    }
    // A refused first datagram leaves a quiche connection that has no timer and would never end.
    counters.datagramsRefused++;
    connection.termination.discard();
    return quiche;
  }

  /** Tells a client why there will be no connection, and forgets it. */
  private refuse(header: LongHeader, to: Address, code: number): void {
    this.answer(to, (slot) => writeRefusal(header, code, slot));
    this.host.counters.handshakesRefused++;
  }

  /** A short header for nobody: its sender may be a client of a process that died here. */
  stray(packet: Buffer, from: Address): void {
    const { resetTokens, counters, io } = this.host;
    const length = resetTokens.write(packet, io.slot(), this.host.nowMs());
    if (length === 0) return;
    io.commit(length, from);
    io.flush();
    counters.resetsSent++;
  }

  private full(): boolean {
    const { size, unfinished, settings, counters } = this.host;
    if (size < mostConnections && unfinished < settings.maxHandshakes) return false;
    counters.connectionsRefused++;
    return true;
  }

  private sendRetry(header: LongHeader, to: Address): void {
    const id = randomBytes(connectionIdLength);
    const token = this.tokens.issue(to, header.dcid, id, this.host.nowMs());
    this.answer(to, (slot) => this.host.native.retry(header.scid, header.dcid, id, token, header.version, slot));
    this.host.counters.retriesSent++;
  }

  private answer(to: Address, write: (slot: Buffer) => number): void {
    const { io } = this.host;
    io.commit(write(io.slot()), to);
    io.flush();
  }
}
