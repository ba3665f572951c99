import { MqbenchError } from '../../../base/errors.js';
import { alertWords } from '../../tls/alerts.js';
import type { EndKind } from '../endpoint/counters.js';
import type { ConnectionError, Quiche } from '../native.js';
import type { QuicConnection } from './connection.js';

/** Application error codes on CONNECTION_CLOSE, as EMQX uses them (include/emqx_quic.hrl). */
export const closeCodes = { normal: 0, controlStreamEnded: 1, overloaded: 2 } as const;

/** Why we did not take the server's certificate: the alerts that we sent (RFC 8446 6.2). */
const refusals: Readonly<Record<number, string>> = {
  42: 'it is not valid, or not for the name asked for',
  43: 'it is of an unsupported kind',
  44: 'it was revoked',
  45: 'it has expired or is not valid yet',
  46: 'it does not verify',
  48: 'it was issued by a CA that is not trusted',
  51: 'its signature does not verify: it comes from another CA of the same name',
};
/** CRYPTO_ERROR, RFC 9001 4.8: from here on codes are TLS alerts. */
export const tlsAlert = 0x100;
const userCanceled = 0x100 + 90;
/** RFC 9000 20.1 */
const connectionRefused = 2;

function describe(error: ConnectionError): string {
  const reason = Buffer.from(error.reason).toString('utf8');
  return `${error.isApp ? 'application' : 'transport'} error ${error.errorCode}${reason ? ` (${reason})` : ''}`;
}

/** The client gave its connection up because the peer owes an answer for too long. */
export function silent(afterMs: number): MqbenchError {
  return new MqbenchError(
    'MQB_SILENT',
    `quic client: nothing was heard for ${afterMs} ms although something was sent`,
    {
      hint: 'connect again; with a ticket and early data that takes one round trip',
    },
  );
}

/** How a connection ended, as the counter of an endpoint (counters.ts) that it belongs to. */
export function endOf(quiche: Quiche): EndKind {
  if (quiche.isTimedOut()) return 'closedIdle';
  if (quiche.peerError()) return 'closedByPeer';
  const local = quiche.localError();
  if (local)
    return local.isApp || local.errorCode === 0 || local.errorCode >= tlsAlert ? 'closedHere' : 'closedForViolation';
  return quiche.isClosed() ? 'closedByReset' : 'closedHere';
}

/** Why a living connection ended, or undefined when it ended cleanly. */
export function lossOf(connection: QuicConnection): MqbenchError | undefined {
  const { quiche, role, localAddress: here, peerAddress: there } = connection;
  const where = `quic ${role} ${here.host}:${here.port} with ${there.host}:${there.port}`;
  if (quiche.isTimedOut()) {
    return new MqbenchError('MQB_IDLE_TIMEOUT', `${where}: nothing was received for the QUIC idle timeout`, {
      hint: 'the path is gone, or the idle timeout is shorter than the pauses in the traffic',
    });
  }
  const peer = quiche.peerError();
  if (peer?.isApp && peer.errorCode === closeCodes.normal) return undefined;
  if (peer && !peer.isApp && peer.errorCode === 0) return undefined;
  // In TLS 1.3 a server judges the client's certificate after the client's handshake is over.
  const alert = peer === null || peer === undefined || peer.isApp ? undefined : alertWords(peer.errorCode - tlsAlert);
  if (alert) return new MqbenchError(alert.code, `${where}: ${alert.says}`, { hint: alert.hint });
  if (peer) return new MqbenchError('MQB_RESET', `${where}: closed by the peer with ${describe(peer)}`);
  const local = quiche.localError();
  if (local && !local.isApp && local.errorCode !== 0) {
    return new MqbenchError('MQB_PROTOCOL', `${where}: the peer broke the protocol: ${describe(local)}`);
  }
  if (!local) return new MqbenchError('MQB_RESET', `${where}: the peer does not know this connection any more`);
  return undefined;
}

/** What a peer says with RESET_STREAM and STOP_SENDING, as quiche tells it: `StreamReset(500)`, `StreamStopped(500)`. */
const streamEnd = /^Stream(Reset|Stopped)\((\d+)\)/;

/** The code with which the peer gave up a stream; undefined when something else ended it. */
export function peersStreamCode(error: Error | null): number | undefined {
  const told = error?.cause instanceof Error ? error.cause : error;
  const [, , code] = streamEnd.exec(told?.message ?? '') ?? [];
  return code === undefined ? undefined : Number(code);
}

/** The peer has given up the control stream, and with it the connection. @param error as quiche tells it */
export function controlStreamLost(error: Error): Error {
  const [, how, code] = streamEnd.exec(error.message) ?? [];
  if (how === undefined) return error;
  const frame = how === 'Reset' ? 'RESET_STREAM' : 'STOP_SENDING';
  return new MqbenchError('MQB_RESET', `quic: the peer gave up the control stream (${frame}, code ${code})`, {
    cause: error,
  });
}

/**
 * Why a handshake failed.
 * @param where e.g. "connect to quic://10.0.0.1:14567"
 * @param name the one that the server's certificate had to be valid for; null: an address, checked elsewhere
 */
export function handshakeFailure(quiche: Quiche, where: string, name: string | null): MqbenchError {
  const peer = quiche.peerError();
  const error = peer ?? quiche.localError();
  const code = error && !error.isApp ? error.errorCode : undefined;
  const refused = peer || code === undefined ? undefined : refusals[code - tlsAlert];
  if (refused !== undefined) {
    const asked = name === null ? '' : ` (asked for ${name})`;
    return new MqbenchError('MQB_CERTIFICATE', `${where}: the server's certificate was refused: ${refused}${asked}`, {
      hint: 'name the CA that issued it (--ca <file>), or the name it was issued for (--servername <name>); --insecure does not verify at all',
    });
  }
  const words = code === undefined || code === userCanceled ? undefined : alertWords(code - tlsAlert);
  if (words !== undefined) return new MqbenchError(words.code, `${where}: ${words.says}`, { hint: words.hint });
  if (
    code === connectionRefused ||
    code === userCanceled ||
    (error?.isApp && error.errorCode === closeCodes.overloaded)
  ) {
    return new MqbenchError('MQB_REFUSED', `${where}: refused by the server`, {
      hint: 'the server is overloaded or closing; try again later or with fewer clients at once',
    });
  }
  if (quiche.isTimedOut() || !error) {
    return new MqbenchError('MQB_DIAL_TIMEOUT', `${where}: no answer`, {
      hint: 'check host and UDP port, and that no firewall drops UDP',
    });
  }
  return new MqbenchError('MQB_HANDSHAKE', `${where}: the handshake failed with ${describe(error)}`, {
    hint: 'check that this UDP port speaks MQTT over QUIC, and look at the log of the broker',
  });
}
