/**
 * Sockets that use a pre-shared key from outside. In TLS 1.3 such a key is offered as a ticket is (RFC 8446, 4.2.11), and
 * OpenSSL tells of both that a session was reused; but nothing of an earlier connection is.
 */
export const keyedSockets = new WeakSet<object>();
