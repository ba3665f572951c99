import { randomBytes } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { MqbenchError, messageOf } from '../../base/errors.js';
import type { ClientTls, ServerTls } from '../contract.js';
import { keyPairProblem } from '../tls/key-pair.js';
import { datagramQueue } from './connection/datagrams.js';
import type { Config, Native } from './native.js';
import type { QuicSettings } from './settings.js';

/** ALPN of MQTT over QUIC, as EMQX, emqtt and NanoSDK use it. */
const mqttAlpn = 'mqtt';

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

/** What of TLS a configuration is made from, PEM. */
interface Material {
  /** What of ours it is, for messages. */
  readonly doing: string;
  readonly verify: boolean;
  readonly anchors: string | undefined;
  readonly pair: { readonly cert: string; readonly key: string } | undefined;
}

function make({ Config }: Native, material: Material, tls: ClientTls | ServerTls, settings: QuicSettings): Config {
  const { doing, verify, anchors, pair } = material;
  const [cert, key] = [pair && [pem(pair.cert)], pair && [pem(pair.key)]];
  let config: Config;
  try {
    config = Config.withBoringSslCtx(
      verify,
      false,
      anchors === undefined ? null : pem(anchors),
      key ?? null,
      cert ?? null,
    );
  } catch (error) {
    throw certificateError(doing, error);
  }
  applySettings(config, settings, tls.alpn ?? [mqttAlpn]);
  if (settings.earlyData) config.enableEarlyData();
  if (tls.keyLogFile !== undefined) config.logKeys();
  return config;
}

/** @throws MqbenchError MQB_CERTIFICATE when a PEM cannot be used */
export function clientConfig(native: Native, tls: ClientTls, settings: QuicSettings): Config {
  const { verify = true, ca = rootCertificates.join('\n'), cert, key } = tls;
  const pair = cert === undefined || key === undefined ? undefined : { cert, key };
  const problem = pair && keyPairProblem(pair.cert, pair.key);
  if (problem !== undefined) throw certificateError('use the client certificate for QUIC', new Error(problem));
  const doing = 'read the CA or client certificate for QUIC';
  return make(native, { doing, verify, anchors: verify ? ca : undefined, pair }, tls, settings);
}

/** @throws MqbenchError MQB_CERTIFICATE when a PEM cannot be used */
export function serverConfig(native: Native, tls: ServerTls, settings: QuicSettings): Config {
  const { clientCa, ticketKey = randomBytes(48) } = tls;
  const doing = 'read the certificate and key for the QUIC listener';
  const config = make(native, { doing, verify: clientCa !== undefined, anchors: clientCa, pair: tls }, tls, settings);
  config.setTicketKey(ticketKey);
  return config;
}
