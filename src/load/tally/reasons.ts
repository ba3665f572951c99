import { packetTypes } from '../../mqtt/codec/packet-types.js';
import { reasonName } from '../../mqtt/codec/reason-codes.js';
import type { CounterSet } from './counter-set.js';

const names = {
  [packetTypes.connack]: 'connack',
  [packetTypes.puback]: 'puback',
  [packetTypes.pubrec]: 'pubrec',
  [packetTypes.pubcomp]: 'pubcomp',
  [packetTypes.suback]: 'suback',
  [packetTypes.disconnect]: 'disconnect',
} as const;
/** A packet of the broker with a reason code. */
export type Answering = keyof typeof names;

/** What the broker gave as reasons, by packet and code. Plain success is not counted. */
export class Reasons {
  private readonly counts = new Map<Answering, Float64Array>();

  note(packet: Answering, code: number): void {
    let byCode = this.counts.get(packet);
    if (byCode === undefined) {
      byCode = new Float64Array(256);
      this.counts.set(packet, byCode);
    }
    byCode[code] = (byCode[code] as number) + 1;
  }

  /** As counters by name: `reason.puback.quota-exceeded`. @param version of MQTT that the clients speak */
  addTo(sums: CounterSet, version: 3 | 4 | 5): void {
    for (const [packet, byCode] of this.counts) {
      byCode.forEach((count, code) => {
        if (count > 0) sums.add(`reason.${names[packet]}.${nameOf(packet, code, version)}`, count);
      });
    }
  }
}

function nameOf(packet: Answering, code: number, version: 3 | 4 | 5): string {
  if (packet === packetTypes.suback && code <= 2) return `granted-qos-${code}`;
  if (packet === packetTypes.suback && version !== 5) return 'failure';
  if (packet === packetTypes.disconnect && code === 0) return 'normal-disconnection';
  return reasonName(code, version);
}
