import { arch, platform } from 'node:process';
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
const theBinding = (): Promise<{ default: unknown }> => import('@matrixai/quic/native/quiche.js');

/**
 * Loads the binding on first use, so that a machine without a prebuilt one
 * (linux-arm64) can do everything but QUIC.
 * @param binding loads it; another one is for tests
 * @throws MqbenchError MQB_QUIC_UNAVAILABLE
 */
export async function loadNative(binding: () => Promise<{ default: unknown }> = theBinding): Promise<Native> {
  if (loaded && binding === theBinding) return loaded;
  try {
    const native = (await binding()).default as Native;
    if (binding === theBinding) loaded = native;
    return native;
  } catch (error) {
    // Node's text goes on with every file it looked at, in lines of their own.
    const why = messageOf(error).split('\n')[0];
    throw new MqbenchError('MQB_QUIC_UNAVAILABLE', `QUIC is not to be had on ${platform}-${arch}: ${why}`, {
      hint: 'prebuilt QUIC libraries exist for linux-x64, macOS and win32-x64: npm ci there, or use another transport; those work without it',
      exitCode: exitCodes.machine,
      cause: error,
    });
  }
}
