/**
 * Stands before a shared subscription inside of the broker: aedes refuses MQTT 5 clients all that begins with `$share/`
 * (in a cluster of several brokers, which this is not, each would have its own groups). No client can send it [MQTT-1.5.4-2].
 */
const mark = '\0';
const prefix = '$share/';

/** The name of a shared subscription inside of the broker; any other filter stays as it is. */
export const hidden = (filter: string): string => (filter.startsWith(prefix) ? mark + filter : filter);

/** Whether a filter inside of the broker is a shared one. */
export const isShared = (filter: string): boolean => filter.charCodeAt(0) === 0;

/** As the client has written it. */
export const shown = (filter: string): string => (isShared(filter) ? filter.slice(mark.length) : filter);
