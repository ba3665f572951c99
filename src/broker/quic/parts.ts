/** Whose parts there are now: the id of each client that stands for a part of another (a data stream, datagrams), and that other's. */
const wholes = new Map<string, string>();

/** @returns the client id of a part */
export function partOf(whole: string, part: string): string {
  const id = `${whole}:${part}`;
  wholes.set(id, whole);
  return id;
}

/** The part has ended; what it has published may still be on its way, and is handed on first. */
export function partEnded(id: string): void {
  setImmediate(setImmediate, () => wholes.delete(id));
}

/** Whether two client ids are one client's, whatever carried what each has sent [MQTT-3.8.3-3]. */
export function isSameClient(one: string | undefined, other: string): boolean {
  if (one === other || one === undefined || wholes.size === 0) return one === other;
  return (wholes.get(one) ?? one) === (wholes.get(other) ?? other);
}
