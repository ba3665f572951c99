import { encodePublishProperties } from '../../../mqtt/codec/control-packets.js';
import { propertyAt, publishProperties } from '../../../mqtt/codec/publish-properties.js';
import { PublishTemplate } from '../../../mqtt/codec/publish-template.js';
import type { Session } from '../../../mqtt/session/session.js';
import type { StreamMapper } from '../../../mqtt/session/stream-map.js';
import type { ClientHost } from '../host.js';

/** What inflight books call the topic of responses; topics of a client are numbered below it. */
export const responseFlow = 0xffff;
/** Unacknowledged responses of a client that answers. */
export const responseWindow = 1_000;

/** Answers what has a response topic, with the same correlation data (MQTT 5.0, 4.10). */
export class Responses {
  sent = 0;
  /** Made, and not written yet: the connection takes no more, or too many are not acknowledged. */
  private readonly waiting: PublishTemplate[] = [];
  /** Written and not acknowledged, by number. */
  private readonly written = new Map<number, PublishTemplate>();
  private readonly payload: Buffer;
  private readonly qos: 0 | 1 | 2;

  constructor(
    bytes: number,
    private readonly session: Session,
    private readonly host: ClientHost,
    private readonly mapper: StreamMapper | undefined,
  ) {
    this.payload = Buffer.alloc(bytes, 'mqbench ');
    this.qos = host.plan.subscribe?.qos ?? 0;
  }

  /** A message came in, with its payload from `start` on. */
  answer(buffer: Buffer, start: number): void {
    const { propertiesAt } = this.session;
    if (propertiesAt === 0) return;
    const topic = dataOf(buffer, propertyAt(buffer, propertiesAt, start, publishProperties.responseTopic));
    if (topic === undefined || topic.length === 0) {
      this.host.books.tally.counters.add('requests.withoutTopic', 1);
      return;
    }
    const correlation = dataOf(buffer, propertyAt(buffer, propertiesAt, start, publishProperties.correlationData));
    const properties = correlation && encodePublishProperties({ correlationData: Buffer.from(correlation) });
    const { qos, payload } = this;
    const template = new PublishTemplate({ topic: topic.toString(), qos, version: 5, payload, properties });
    if (this.mapper !== undefined) template.stream = this.mapper.ofPublish(template.topic, qos);
    this.waiting.push(template);
    this.pump();
  }

  /** Writes what may go; the caller flushes. */
  pump(): void {
    const { session, qos } = this;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (session.isBlocked(next.stream) || (qos > 0 && !session.hasRoom)) return;
      this.waiting.shift();
      const number = this.sent++;
      if (qos > 0) this.written.set(number, next);
      const now = this.host.clock();
      session.publish(next, responseFlow, number, now, now);
    }
  }

  acknowledge(number: number): void {
    this.written.delete(number);
  }

  templateOf(number: number): PublishTemplate {
    const template = this.written.get(number);
    if (template === undefined) throw new Error(`response ${number} is to go out again and is not known`);
    return template;
  }
}

function dataOf(buffer: Buffer, at: number): Buffer | undefined {
  return at === 0 ? undefined : buffer.subarray(at + 2, at + 2 + buffer.readUInt16BE(at));
}
