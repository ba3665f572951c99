/** What stands for the topic; 0: nothing does. `isKnown`: the client has it already, so that it stands there alone. */
export interface Alias {
  readonly alias: number;
  readonly isKnown: boolean;
}

export const noAlias: Alias = { alias: 0, isKnown: false };

/**
 * Aliases of topics on the way to one client (MQTT 5.0, 3.3.2.3.4): the first topics get them, as many as the client takes, and keep
 * them as long as the connection lives.
 */
export class TopicAliases {
  private readonly aliases = new Map<string, number>();

  /** @param most that the client takes; 0: none */
  constructor(private readonly most: number) {}

  /** @returns the alias of a topic and whether the client has it already; alias 0: it has none */
  of(topic: string): Alias {
    if (this.most === 0) return noAlias;
    const known = this.aliases.get(topic);
    if (known !== undefined) return { alias: known, isKnown: true };
    if (this.aliases.size >= this.most) return noAlias;
    const alias = this.aliases.size + 1;
    this.aliases.set(topic, alias);
    return { alias, isKnown: false };
  }

  /** The packet that was to tell the client of it has not been sent. */
  forget(topic: string): void {
    this.aliases.delete(topic);
  }
}
