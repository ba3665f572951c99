import { z } from 'zod';
import { streamPriorityMost } from '../../transport/stream-map.js';

// What an arm says of TLS, of WebSocket and of the priorities of its streams: the clients' side of it.

const filled = z.string().min(1);
const names = filled.array().min(1);

export const tlsSchema = z
  .strictObject({
    ciphers: names.optional().describe("tls and wss: cipher suites by OpenSSL's names."),
    signatureAlgorithms: names.optional().describe('tls and wss: e.g. ecdsa_secp256r1_sha256, ed25519.'),
    groups: names.optional().describe('tls and wss: groups of the key exchange, e.g. x25519, secp256r1.'),
    serverName: filled.optional().describe("Name verified and sent as SNI; default the broker's."),
    alpn: names.optional().describe('ALPN protocols; default mqtt on QUIC, and none elsewhere.'),
    cert: filled
      .optional()
      .describe('PEM file of the certificate of all clients, seen from the folder of the scenario.'),
    key: filled.optional().describe('PEM file of its key.'),
  })
  .describe('What clients say in the handshake of TLS.');

export const webSocketSchema = z
  .strictObject({
    path: filled.optional().describe("Default /mqtt, or that of the broker's url."),
    headers: z
      .record(filled, z.string())
      .optional()
      .describe('Further headers; a value $NAME is that of this variable of the environment.'),
  })
  .describe('ws and wss: what the request that opens a connection says.');

export const streamPrioritiesSchema = z
  .array(z.int().min(0).max(streamPriorityMost))
  .min(1)
  .describe('QUIC only: priorities of data streams 1, 2, …; higher is more important.');
