import { Duplex } from 'node:stream';
import { generate, type Packet, parser } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { MqbenchError } from '../../../../src/base/errors.js';
import { PublishTemplate } from '../../../../src/mqtt/codec/publish-template.js';
import { Outbox } from '../../../../src/mqtt/session/outbox.js';
import { Session } from '../../../../src/mqtt/session/session.js';

/** The far end of one stream: what came, and a mouth to answer with. */
class Far extends Duplex {
  readonly heard: Packet[] = [];
  private readonly packets = parser({ protocolVersion: 4 });

  constructor(readonly priority?: number) {
    super({ allowHalfOpen: false });
    this.packets.on('packet', (packet) => this.heard.push(packet));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.packets.parse(chunk);
    done();
  }

  say(packet: Packet): void {
    this.push(generate(packet));
  }

  of(cmd: string): Packet[] {
    return this.heard.filter((packet) => packet.cmd === cmd);
  }
}

/** A session with a peer whose every packet the test writes. */
class Scene {
  readonly control = new Far();
  readonly opened: Far[] = [];
  readonly problems: MqbenchError[] = [];
  readonly lost: number[] = [];
  readonly messages: string[] = [];
  readonly acknowledged: number[] = [];
  /** Streams the peer grants. */
  grants = 10;
  readonly session = new Session(
    { version: 4, clientId: 'c', clean: true, keepaliveSeconds: 0, window: 10, streams: { priorities: [9, 60_000] } },
    new Outbox(),
    {
      onConnack: () => {},
      onSuback: () => {},
      onMessage: (buffer, start, end) => this.messages.push(buffer.toString('utf8', start, end)),
      onAcknowledged: (_flow, sequence) => this.acknowledged.push(sequence),
      onTurn: () => {},
      onProblem: (error) => this.problems.push(error),
      onStreamLost: (stream, now) => {
        this.lost.push(stream);
        this.session.restore(stream, 0xffff, this.templateOf, now);
      },
    },
  );
  readonly templateOf = (flow: number): PublishTemplate => this.templates[flow] as PublishTemplate;
  /** One per topic; topic n goes on data stream n. */
  private readonly templates = [0, 1, 2].map((stream) => {
    const template = new PublishTemplate({ topic: `t/${stream}`, qos: 1, version: 4, payload: Buffer.from('x') });
    template.stream = stream;
    return template;
  });

  async start(): Promise<void> {
    this.control.on('data', (chunk: Buffer) => this.session.feed(chunk));
    this.session.attach(this.control, {
      streams: {
        open: (priority?: number) => {
          if (this.opened.length === this.grants) throw new MqbenchError('MQB_QUIC_STREAMS', 'no more');
          const far = new Far(priority);
          this.opened.push(far);
          return far;
        },
      },
    });
    this.control.say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
    await turn();
  }

  publish(stream: number, sequence: number): void {
    this.session.publish(this.templateOf(stream), stream, sequence, 0, 1);
    this.session.flush();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('a session with data streams', () => {
  it('opens each with its priority when it is first used, and packet ids are of one counter', async () => {
    const scene = new Scene();
    await scene.start();
    scene.publish(2, 0);
    scene.publish(1, 1);
    scene.publish(2, 2);
    scene.publish(0, 3);
    await turn();
    expect(scene.opened.map(({ priority }) => priority)).toEqual([60_000, 9]);
    const ids = [...scene.opened, scene.control].flatMap((far) => far.of('publish').map(({ messageId }) => messageId));
    expect(ids).toEqual([1, 3, 2, 4]);
    expect(scene.session.data?.opened).toBe(2);
  });

  it('takes an acknowledgement only on the stream of its publish', async () => {
    const scene = new Scene();
    await scene.start();
    scene.publish(1, 7);
    scene.control.say({ cmd: 'puback', messageId: 1 });
    await turn();
    expect([scene.acknowledged, scene.session.strayAcknowledgements]).toEqual([[], 1]);
    scene.opened[0]?.say({ cmd: 'puback', messageId: 1 });
    await turn();
    expect(scene.acknowledged).toEqual([7]);
  });

  it('answers on the stream that a message came on, and takes the same id on two streams for two messages', async () => {
    const scene = new Scene();
    await scene.start();
    scene.publish(1, 0);
    scene.publish(2, 1);
    const message = { cmd: 'publish', topic: 't', qos: 2, messageId: 5, dup: false, retain: false } as const;
    for (const [i, far] of scene.opened.entries()) far.say({ ...message, payload: `from ${i}` });
    await turn();
    expect(scene.messages).toEqual(['from 0', 'from 1']);
    for (const far of scene.opened) expect(far.of('pubrec')).toMatchObject([{ messageId: 5 }]);
    scene.opened[0]?.say({ ...message, payload: 'again', dup: true }); // not released: the same message
    await turn();
    expect(scene.messages).toHaveLength(2);
    expect(scene.control.of('pubrec')).toEqual([]);
  });

  it('opens a stream that ended again, with its subscriptions and what it owed; the others go on', async () => {
    const scene = new Scene();
    await scene.start();
    scene.session.subscribe(1, [{ topic: 'a', qos: 1 }], 1);
    scene.publish(1, 0);
    scene.publish(2, 1);
    scene.opened[0]?.destroy();
    await turn();
    expect(scene.lost).toEqual([1]);
    expect(scene.opened).toHaveLength(3);
    const again = scene.opened[2] as Far;
    expect(again.heard.map(({ cmd }) => cmd)).toEqual(['subscribe', 'publish']);
    expect(again.heard[1]).toMatchObject({ topic: 't/1', messageId: 1, dup: false });
    again.say({ cmd: 'puback', messageId: 1 });
    scene.opened[1]?.say({ cmd: 'puback', messageId: 2 });
    await turn();
    expect(scene.acknowledged).toEqual([0, 1]);
  });

  it('a malformed packet ends that stream alone; one that keeps ending is a problem of the connection', async () => {
    const scene = new Scene();
    await scene.start();
    scene.publish(1, 0);
    scene.opened[0]?.push(Buffer.of(0x40, 0xff, 0xff, 0xff, 0xff, 0xff));
    await turn();
    expect([scene.opened.length, scene.problems.length, scene.control.destroyed]).toEqual([2, 0, false]);
    for (let i = 1; i < 8; i++) {
      scene.opened[i]?.destroy();
      await turn();
    }
    expect(scene.opened).toHaveLength(5);
    expect(scene.problems).toMatchObject([{ code: 'MQB_STREAM_LOST' }]);
  });

  it('says when a stream cannot be opened; what was to go there waits for the next connection', async () => {
    const scene = new Scene();
    scene.grants = 0;
    await scene.start();
    scene.publish(1, 0);
    expect(scene.problems).toMatchObject([{ code: 'MQB_QUIC_STREAMS' }]);
    expect(scene.session.unacknowledged).toBe(1);
  });
});
