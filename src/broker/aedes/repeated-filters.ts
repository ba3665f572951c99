import type { ISubackPacket, ISubscribePacket } from 'mqtt-packet';

/** A filter of a SUBSCRIBE: which of the different ones it is, and the QoS that it asks for. */
type Slot = readonly [different: number, qos: number];

/**
 * SUBSCRIBE packets that name a filter more than once. aedes takes the last of each alone, and answers with as many codes as
 * there are different ones; one for each that was asked is due ([MQTT-3.8.4-4], in MQTT 5 [MQTT-3.8.4-5]).
 */
export class RepeatedFilters {
  /** By packet id; a packet without a repetition is not among them. */
  private asked: Map<number, readonly Slot[]> | undefined;

  subscribed({ messageId, subscriptions }: ISubscribePacket): void {
    if (subscriptions.length < 2 || messageId === undefined) return;
    const different = [...new Set(subscriptions.map(({ topic }) => topic))];
    if (different.length === subscriptions.length) return;
    this.asked ??= new Map();
    this.asked.set(
      messageId,
      subscriptions.map(({ topic, qos }) => [different.indexOf(topic), qos] as const),
    );
  }

  answer(packet: ISubackPacket): void {
    const slots = this.asked?.get(packet.messageId as number);
    if (!slots) return;
    this.asked?.delete(packet.messageId as number);
    const { granted } = packet;
    packet.granted = slots.map(([different, qos]) => {
      const code = granted[different] as number;
      return code >= 0x80 ? code : qos;
    });
  }
}
