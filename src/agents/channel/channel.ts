/**
 * What carries words between machines: subjects, on which whoever listens hears what is said. Words of one speaker come in order
 * and whole, or not at all. Nothing above it knows what is below; tests put one with scripted delays there.
 */
export interface Channel {
  /** Most bytes of one message. */
  readonly mostBytes: number;
  publish(subject: string, data: Uint8Array): void;
  /** @param pattern a subject, or one with `*` in the place of a token. @param listener `data` is its own after the call */
  subscribe(pattern: string, listener: (subject: string, data: Uint8Array) => void): void;
  /** Resolves when all that was said has left, and all that was subscribed to is heard. */
  flush(): Promise<void>;
  /** Resolves, with what is said of it, when the connection is gone; never rejects. */
  readonly closed: Promise<string>;
  close(): Promise<void>;
}

/** Whether a subject is one of a pattern. */
export function isOf(subject: string, pattern: string): boolean {
  const [tokens, wanted] = [subject.split('.'), pattern.split('.')];
  return tokens.length === wanted.length && wanted.every((one, i) => one === '*' || one === tokens[i]);
}
