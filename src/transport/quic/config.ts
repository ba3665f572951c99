import { randomBytes } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { MqbenchError, messageOf } from '../../base/errors.js';
import type { ClientTls, ServerTls } from '../contract.js';
import { keyPairProblem } from '../tls/key-pair.js';
import { datagramQueue } from './connection/datagrams.js';
import type { Config, Native } from './native.js';
import type { QuicSettings } from './settings.js';

/** ALPN of MQTT over QUIC, as EMQX, emqtt and NanoSDK use it. */
export const mqttAlpn = 'mqtt';

const pem = (text: string): Uint8Array => Buffer.from(text);

function applySettings(config: Config, settings: QuicSettings, alpn: readonly string[]): void {
  config.grease(false); // reserved versions and bits cost bytes in a benchmark and tell it nothing
  config.setApplicationProtos([...alpn]);
  config.setMaxIdleTimeout(settings.idleTimeoutMs);
  config.setMaxRecvUdpPayloadSize(Math.max(settings.maxUdpPayload, 1500));
  config.setMaxSendUdpPayloadSize(settings.maxUdpPayload);
  config.setInitialMaxData(settings.connectionWindow);
  config.setInitialMaxStreamDataBidiLocal(settings.streamWindow);
  config.setInitialMaxStreamDataBidiRemote(settings.streamWindow);
  config.setInitialMaxStreamDataUni(0);
  config.setInitialMaxStreamsBidi(settings.maxStreams);
  config.setInitialMaxStreamsUni(0);
  config.setMaxStreamWindow(Math.max(settings.streamWindow, settings.maxStreamWindow));
  config.setMaxConnectionWindow(Math.max(settings.connectionWindow, settings.maxConnectionWindow));
  config.setMaxAckDelay(settings.ackDelayMs);
  config.setCcAlgorithmName(settings.congestionControl);
  if (settings.datagrams) config.enableDgram(true, datagramQueue, datagramQueue);
  config.enablePacing(false); // the binding's send times are opaque, so pacing cannot be carried out
  config.setActiveConnectionIdLimit(settings.addressMode === 'path-validation' ? 8 : 2);
  config.setDisableActiveMigration(!settings.allowMigration);
}

function certificateError(doing: string, error: unknown): MqbenchError {
  return new MqbenchError('MQB_CERTIFICATE', `${doing}: ${messageOf(error)}`, {
    hint: 'certificate, key and CA must be PEM files that belong together (openssl x509 -text -in <file>)',
    cause: error,
  });
}

/** @throws MqbenchError MQB_CERTIFICATE when a PEM cannot be used */
export function clientConfig(native: Native, tls: ClientTls, settings: QuicSettings): Config {
  const verify = tls.verify ?? true;
  const anchors = verify ? pem(tls.ca ?? rootCertificates.join('\n')) : null;
  let config: Config;
  const problem = tls.cert === undefined || tls.key === undefined ? undefined : keyPairProblem(tls.cert, tls.key);
  if (problem !== undefined) throw certificateError('use the client certificate for QUIC', new Error(problem));
  try {
    const mutual = tls.cert !== undefined && tls.key !== undefined;
    const key = mutual ? [pem(tls.key as string)] : null;
    const cert = mutual ? [pem(tls.cert as string)] : null;
    config = native.Config.withBoringSslCtx(verify, false, anchors, key, cert);
  } catch (error) {
    throw certificateError('read the CA or client certificate for QUIC', error);
  }
  applySettings(config, settings, tls.alpn ?? [mqttAlpn]);
  if (settings.earlyData) config.enableEarlyData();
  if (tls.keyLogFile !== undefined) config.logKeys();
  return config;
}

/** @throws MqbenchError MQB_CERTIFICATE when a PEM cannot be used */
export function serverConfig(native: Native, tls: ServerTls, settings: QuicSettings): Config {
  let config: Config;
  try {
    config = native.Config.withBoringSslCtx(
      tls.clientCa !== undefined,
      false,
      tls.clientCa === undefined ? null : pem(tls.clientCa),
      [pem(tls.key)],
      [pem(tls.cert)],
    );
  } catch (error) {
    throw certificateError('read the certificate and key for the QUIC listener', error);
  }
  applySettings(config, settings, tls.alpn ?? [mqttAlpn]);
  config.setTicketKey(tls.ticketKey ?? randomBytes(48));
  if (settings.earlyData) config.enableEarlyData();
  if (tls.keyLogFile !== undefined) config.logKeys();
  return config;
}
