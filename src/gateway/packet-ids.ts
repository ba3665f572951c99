/** Whose packet it is: a stream, and the id that it has there. */
export interface Owner {
  readonly stream: number;
  readonly id: number;
}

const mostIds = 65_535;
/** Of packets that nobody on this side asked for: their answers are not handed on. */
export const nobody = -1;

/**
 * Packet ids of the one connection to a broker. Each QUIC stream has ids of its own (EMQX, EIP 0023), so two streams may use the same:
 * the second one gets another. An id stays as it is where it can, which is always with one stream.
 */
export class PacketIds {
  private readonly owners = new Map<number, Owner>();
  /** Ids of the connection by stream and id; only those that differ. */
  private readonly changed = new Map<string, number>();
  private next = mostIds;

  /** @returns the id on the connection. @throws when all of them are in use, which no window allows */
  take(stream: number, id: number): number {
    const known = this.current(stream, id);
    if (known !== undefined) return known; // sent again
    const free = this.owners.has(id) || id === 0 ? this.free() : id;
    this.owners.set(free, { stream, id });
    if (free !== id) this.changed.set(`${stream}:${id}`, free);
    return free;
  }

  /** For a packet of the gateway's own: nobody gets its answer. */
  takeOwn(): number {
    const id = this.free();
    this.owners.set(id, { stream: nobody, id });
    return id;
  }

  /** The id on the connection of a packet that is under way; undefined when it is not. */
  current(stream: number, id: number): number | undefined {
    const changed = this.changed.size === 0 ? undefined : this.changed.get(`${stream}:${id}`);
    if (changed !== undefined) return changed;
    const owner = this.owners.get(id);
    return owner?.stream === stream && owner.id === id ? id : undefined;
  }

  /** Whose packet has this id on the connection. */
  ownerOf(id: number): Owner | undefined {
    return this.owners.get(id);
  }

  /** The exchange that had this id is over. */
  release(id: number): void {
    const owner = this.owners.get(id);
    if (owner === undefined) return;
    this.owners.delete(id);
    if (owner.id !== id) this.changed.delete(`${owner.stream}:${owner.id}`);
  }

  /** Nobody waits for answers to a stream that is gone. */
  forget(stream: number): void {
    for (const [id, owner] of this.owners) {
      if (owner.stream !== stream) continue;
      if (owner.id !== id) this.changed.delete(`${stream}:${owner.id}`);
      this.owners.set(id, { stream: nobody, id });
    }
  }

  /** From the top: clients count from the bottom. */
  private free(): number {
    for (let tries = 0; tries < mostIds; tries++) {
      const id = this.next;
      this.next = id === 1 ? mostIds : id - 1;
      if (!this.owners.has(id)) return id;
    }
    throw new Error('every packet id of the connection to the broker is in use');
  }
}
