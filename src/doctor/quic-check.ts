import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import type { Finding } from './contract.js';

/** Whether the native QUIC binding loads on this platform. */
export async function checkQuic(): Promise<Finding> {
  try {
    const { loadNative } = await import('../transport/quic/native.js');
    await loadNative();
    return { what: 'QUIC', verdict: 'works', detail: 'the native binding loads', essential: false };
  } catch (error) {
    return {
      what: 'QUIC',
      verdict: 'missing',
      detail: `${messageOf(error)} (${codeOf(error)}); TCP, TLS and WebSocket work without it`,
      fix:
        (error instanceof MqbenchError && error.hint) || 'npm ci, on a platform that @matrixai/quic has a binary for',
      essential: false,
    };
  }
}
