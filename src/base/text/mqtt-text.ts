/** A text on the wire has at most this many bytes of UTF-8 (MQTT 5.0, 1.5.4). */
export const longestText = 65_535;

/** Why a text cannot be sent in any packet of MQTT (its topic, filter, client id, user name); undefined: it can. */
export function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'has the character U+0000 in it (MQTT-1.5.4-2)';
  if (/[\ud800-\udfff]/u.test(text)) return 'is no Unicode text (MQTT-1.5.4-1)';
  if (Buffer.byteLength(text) > longestText) return `has more than ${longestText} bytes (MQTT 5.0, 1.5.4)`;
  return undefined;
}

/** Why messages cannot be published to this topic. */
export function topicProblem(topic: string): string | undefined {
  if (topic === '') return 'is empty: a topic has at least one character (MQTT-4.7.3-1)';
  if (/[+#]/.test(topic)) return 'is a topic to publish to: no + and # in it (MQTT-3.3.2-2)';
  return textProblem(topic);
}

/** A wildcard is a level of its own, and # the last one (MQTT 5.0, 4.7.1). */
const filterForm = /^(?:[^#+]|(?:^|(?<=\/))(?:\+(?=\/|$)|#$))*$/;

/** Why this cannot be subscribed to. */
export function filterProblem(filter: string): string | undefined {
  if (filter === '') return 'is empty: a filter has at least one character (MQTT-4.7.3-1)';
  if (!filterForm.test(filter)) return 'is no filter: + is a whole level, and # the last one (MQTT-4.7.1-1, -2)';
  return textProblem(filter);
}
