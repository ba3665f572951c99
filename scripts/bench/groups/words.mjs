// What rows of several groups say in the same words.

export const perSecond = (count) => count.toLocaleString('en-US');

export const cores = ({ generatorCores, brokerCores }) =>
  `generator ${generatorCores.toFixed(2)}, broker ${brokerCores.toFixed(2)} cores`;

/** Processor time of broker and generator for one message, microseconds. */
export const bothEnds = ({ brokerMicros, generatorMicros }) => brokerMicros + generatorMicros;

/** Clients announce 80 ms and hold packets with nothing but an ACK for 75 (docs/quic.md, "Settings"). */
export const heldAcks = { ackDelayMs: 80, holdAcksMs: 75 };

/** Seconds that one measurement of a load takes, connecting included. */
export const loadSeconds = ({ warmMillis, measuredMillis }) => Math.ceil((warmMillis + measuredMillis) / 1000) + 4;

/** Seconds that one measurement takes in which clients connect, at a rate that is usual. */
export const connectSeconds = (clients, rate) => Math.ceil(clients / rate) + 3;
