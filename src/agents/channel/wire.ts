import { randomInt } from 'node:crypto';
import { MqbenchError } from '../../base/errors.js';
import type { Channel } from './channel.js';

// A message is JSON, cut into parts that the channel takes. In front of each part:
//   byte  0 … 3   4 … 7      8 … 11  12 … 15
//         sender  sequence   part    parts
// Numbers are big-endian. The sequence counts the messages of a sender on a subject, so that one that is missing is seen.

const headBytes = 16;
/** Of one part; NATS takes 1 MiB unless it was told otherwise. */
const usualPartBytes = 512 * 1024;
/** A message of more parts is none of ours. */
const mostParts = 4096;
/** Nor is a longer one: what is put together would be no string any more (512 MB in Node.js). */
const mostBytes = 256 * 1024 * 1024;
/** Speakers that are remembered on a subject: an agent hears another for each run, and nobody may fill the memory with them. */
const mostSpeakers = 16;

/** Says messages on a channel. */
export class Speaker {
  private readonly sender = randomInt(2 ** 32);
  private readonly sequences = new Map<string, number>();
  private readonly partBytes: number;
  /** Bytes that were said, heads included. */
  saidBytes = 0;

  constructor(private readonly channel: Channel) {
    this.partBytes = Math.max(1, Math.min(usualPartBytes, channel.mostBytes - headBytes));
  }

  say(subject: string, message: unknown): void {
    const text = Buffer.from(JSON.stringify(message));
    const sequence = this.sequences.get(subject) ?? 0;
    this.sequences.set(subject, sequence + 1);
    const parts = Math.max(1, Math.ceil(text.length / this.partBytes));
    for (let part = 0; part < parts; part++) {
      const body = text.subarray(part * this.partBytes, (part + 1) * this.partBytes);
      const data = Buffer.allocUnsafe(headBytes + body.length);
      data.writeUInt32BE(this.sender, 0);
      data.writeUInt32BE(sequence, 4);
      data.writeUInt32BE(part, 8);
      data.writeUInt32BE(parts, 12);
      data.set(body, headBytes);
      this.saidBytes += data.length;
      this.channel.publish(subject, data);
    }
  }
}

interface Open {
  readonly sequence: number;
  readonly parts: Uint8Array[];
  bytes: number;
}

/** Puts parts together that were said by a {@link Speaker}. */
export class Ear {
  /** By subject, then by sender: those that were heard last are the last. */
  private readonly open = new Map<string, Map<number, Open>>();
  heardBytes = 0;

  /**
   * @returns the message that is whole with this part; undefined: more is to come
   * @throws MQB_AGENT_WORDS where words are missing, or are none
   */
  hear(subject: string, data: Uint8Array): unknown {
    this.heardBytes += data.length;
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (bytes.length < headBytes) throw garbled(subject);
    const sender = bytes.readUInt32BE(0);
    const [sequence, part, parts] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12)];
    if (parts < 1 || parts > mostParts || part >= parts) throw garbled(subject);
    const senders = this.sendersOn(subject);
    const known = senders.get(sender);
    senders.delete(sender);
    const isNext = known === undefined ? part === 0 : follows(known, sequence, part);
    if (!isNext)
      throw new MqbenchError('MQB_AGENT_WORDS', `words on ${subject} got lost on their way`, {
        hint: 'the NATS server drops what a slow reader does not take in time: look at its log, and at the load of this machine',
      });
    const one = known?.sequence === sequence ? known : { sequence, parts: [], bytes: 0 };
    const body = bytes.subarray(headBytes);
    one.bytes += body.length;
    if (one.bytes > mostBytes) throw garbled(subject);
    one.parts.push(parts === 1 ? body : Buffer.from(body));
    senders.set(sender, one);
    if (senders.size > mostSpeakers) senders.delete(senders.keys().next().value as number);
    if (one.parts.length < parts) return undefined;
    const whole = parts === 1 ? (one.parts[0] as Uint8Array) : Buffer.concat(one.parts);
    one.parts.length = 0;
    try {
      return JSON.parse(whole.toString());
    } catch {
      throw garbled(subject);
    }
  }

  private sendersOn(subject: string): Map<number, Open> {
    const known = this.open.get(subject) ?? new Map<number, Open>();
    this.open.set(subject, known);
    return known;
  }
}

function follows(known: Open, sequence: number, part: number): boolean {
  if (known.parts.length > 0) return sequence === known.sequence && part === known.parts.length;
  return sequence === known.sequence + 1 && part === 0;
}

const garbled = (subject: string): MqbenchError =>
  new MqbenchError('MQB_AGENT_WORDS', `what came on ${subject} is not of mqbench`, {
    hint: 'use a NATS server, or an account of it, where nobody else speaks on mqb.>',
  });
