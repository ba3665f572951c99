import { createServer, type RequestListener, type Server } from 'node:http';

/** How long a request may take to arrive, ms. Its answer, which may be a stream of events, may take for ever. */
const requestMs = 5000;
/** How often that is looked at, ms. */
const lookMs = 1000;
/** Connections at once; further ones are closed. */
const mostConnections = 128;

/**
 * An HTTP server beside a measurement, for a few readers: what strangers open and do not use is bounded in number and
 * time, so that it costs the measurement nothing.
 */
export function smallServer(answer: RequestListener): Server {
  const server = createServer(
    { headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: lookMs },
    answer,
  );
  server.maxConnections = mostConnections;
  return server;
}
