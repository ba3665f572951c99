import type { IPubrecPacket } from 'mqtt-packet';

/**
 * PUBRECs of one connection, in the order of their PUBLISH ([MQTT-4.6.0-3]). aedes makes one when the subscribers' sockets have
 * taken the message, so the second of two may come first; then it waits here for the other.
 */
export class Receipts {
  /** Packet ids of the messages of QoS 2 that are to be answered, as they came. */
  private readonly order: number[] = [];
  private waiting: Map<number, IPubrecPacket[]> | undefined;

  /** A PUBLISH of QoS 2 has come. */
  received(messageId: number): void {
    this.order.push(messageId);
  }

  /** @returns the PUBRECs to be sent now */
  due(packet: IPubrecPacket): IPubrecPacket[] {
    const { order } = this;
    this.waiting ??= new Map();
    const { waiting } = this;
    const messageId = packet.messageId as number;
    // A client that sends one id twice gets two answers; which of the two is which nobody can tell.
    waiting.set(messageId, [...(waiting.get(messageId) ?? []), packet]);
    const due: IPubrecPacket[] = [];
    while (order.length > 0) {
      const first = waiting.get(order[0] as number);
      const next = first?.shift();
      if (first === undefined || next === undefined) break;
      if (first.length === 0) waiting.delete(order[0] as number);
      order.shift();
      due.push(next);
    }
    return due;
  }
}
