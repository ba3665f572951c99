import { MqbenchError, messageOf } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';

export type {
  Config,
  Connection as Quiche,
  ConnectionError,
  Host as HostPort,
  PathEvent,
  PathStats,
  RecvInfo,
  Stats,
} from '@matrixai/quic/native/types.js';

import type { ConfigConstructor, ConnectionConstructor } from '@matrixai/quic/native/types.js';

/** The part of the quiche binding (quiche 0.18, BoringSSL) that this transport uses. */
export interface Native {
  readonly Config: ConfigConstructor;
  readonly Connection: ConnectionConstructor;
  readonly Shutdown: { readonly Read: 0; readonly Write: 1 };
  /** Writes a Version Negotiation packet (RFC 9000 6.1) into data. @returns its length */
  negotiateVersion(scid: Uint8Array, dcid: Uint8Array, data: Uint8Array): number;
  /** Writes a Retry packet (RFC 9000 17.2.5) into data. @returns its length */
  retry(
    scid: Uint8Array,
    dcid: Uint8Array,
    newScid: Uint8Array,
    token: Uint8Array,
    version: number,
    data: Uint8Array,
  ): number;
  versionIsSupported(version: number): boolean;
}

let loaded: Native | undefined;

/**
 * Loads the binding on first use, so that a machine without a prebuilt one
 * (linux-arm64) can do everything but QUIC.
 * @throws MqbenchError MQB_QUIC_UNAVAILABLE
 */
export async function loadNative(): Promise<Native> {
  if (loaded) return loaded;
  try {
    const module = await import('@matrixai/quic/native/quiche.js');
    loaded = module.default as Native;
    return loaded;
  } catch (error) {
    throw new MqbenchError('MQB_QUIC_UNAVAILABLE', `load the QUIC library for this machine: ${messageOf(error)}`, {
      hint: 'prebuilt QUIC libraries exist for linux-x64, macOS and win32-x64; leave quic out of the transports here',
      exitCode: exitCodes.machine,
      cause: error,
    });
  }
}
