// Where a load ends, in numbers; each is here once, for the command line, for scenarios and for what reads them.

/** Node's timers have 31 bits of milliseconds. */
export const longestMicros = 24 * 86_400e6;
export const longestInWords = '24 days';
/** Seconds: two bytes of CONNECT (MQTT 5.0, 3.1.2.10). */
export const longestKeepalive = 65_535;
/** Bytes of payload that surely leave room for the longest topic and properties: a packet has at most 268,435,455 (1.5.5). */
export const largestPayload = 268_000_000;
/** Unacknowledged messages of a client: as many as there are packet ids. */
export const mostInflight = 65_535;
export const mostTopics = 65_535;
export const mostClients = 10_000_000;
export const mostWorkers = 256;
/** Random numbers are drawn from 32 bits. */
export const mostSeed = 0xffff_ffff;

/** Payload of messages whose size nobody says, bytes. */
export const usualPayload = 256;
/** Retries of a first connect and after a cut: from half a second, doubled up to eight, half of it random. */
export const usualRetry = { firstMicros: 500_000, maxMicros: 8_000_000 };
/** How long a hook may hold its process up (load/hook/stall.ts) when nobody says; half of it is how long its module may take to load. */
export const usualHookTimeout = 10_000_000;
export const usualDialTimeout = 30_000_000;
