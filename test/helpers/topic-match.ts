/** Whether a filter matches a topic, as MQTT 5.0, 4.7, says it level by level: what faster ways are held against. */
export function matches(filter: string, topic: string): boolean {
  const filters = filter.split('/');
  const topics = topic.split('/');
  if (topic.startsWith('$') && (filters[0] === '+' || filters[0] === '#')) return false;
  for (const [i, level] of filters.entries()) {
    if (level === '#') return true;
    if (i >= topics.length || (level !== '+' && level !== topics[i])) return false;
  }
  return filters.length === topics.length;
}
