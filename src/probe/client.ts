import type { Duplex } from 'node:stream';
import { MqbenchError } from '../base/errors.js';
import { type Connack, type ConnectOptions, encodePublishProperties } from '../mqtt/codec/control-packets.js';
import type { MqttVersion, Qos } from '../mqtt/codec/packet-types.js';
import { PublishTemplate } from '../mqtt/codec/publish-template.js';
import { reasonText } from '../mqtt/codec/reason-codes.js';
import { Outbox } from '../mqtt/session/outbox.js';
import { Session, type SessionEvents } from '../mqtt/session/session.js';
import type { Connection } from '../transport/contract.js';

/** One client that asks one question at a time. Every answer has a limit. */
export class ProbeClient implements SessionEvents {
  readonly received: { readonly payload: string; readonly qos: Qos; readonly bytes: number }[] = [];
  private readonly session: Session;
  private readonly version: MqttVersion;
  private connack: Connack | undefined;
  private granted: readonly number[] | undefined;
  private readonly acknowledged = new Map<number, number>();
  private sequence = 0;
  private packetId = 0;
  private problem: Error | undefined;
  /** An answer of the wrong kind to the present question. */
  private wrongAnswer: Error | undefined;
  private wake: () => void = () => {};

  private constructor(
    readonly connection: Connection,
    options: ConnectOptions,
    private readonly patienceMillis: number,
    private readonly signal: AbortSignal | undefined,
    duplex: Duplex = connection.duplex,
  ) {
    this.version = options.version;
    this.session = new Session({ ...options, window: 10 }, new Outbox(), this);
    duplex.on('data', (chunk: Buffer) => this.session.feed(chunk));
    duplex.on('error', (error) => this.onProblem(error));
    duplex.on('close', () => this.onProblem(new MqbenchError('MQB_CLOSED', 'the broker closed the connection')));
    this.session.attach(duplex);
  }

  /**
   * Connects on a connection that is ready.
   * @param patienceMillis how long each answer is waited for
   * @param signal ends the present wait for an answer (MQB_INTERRUPTED); what is asked after it is answered as ever
   * @throws MQB_CONNACK when it is refused, MQB_CLOSED, MQB_SILENT
   */
  static async open(
    connection: Connection,
    options: ConnectOptions,
    patienceMillis: number,
    signal?: AbortSignal,
  ): Promise<ProbeClient> {
    const client = new ProbeClient(connection, options, patienceMillis, signal);
    const { code, reason } = await client.until('CONNACK', () => client.connack);
    if (code !== 0) {
      throw new MqbenchError('MQB_CONNACK', reason ?? reasonText(code, options.version));
    }
    return client;
  }

  /** What the broker said in CONNACK. */
  get limits(): Pick<Connack, 'receiveMaximum' | 'topicAliasMaximum'> {
    return this.connack ?? { receiveMaximum: 65_535, topicAliasMaximum: 0 };
  }

  get sessionPresent(): boolean {
    return this.connack?.sessionPresent === true;
  }

  /** @returns the QoS granted. @throws when it is refused or nobody answers */
  async subscribe(topic: string, qos: Qos): Promise<number> {
    this.granted = undefined;
    this.session.subscribe(++this.packetId, [{ topic, qos }]);
    this.session.flush();
    const [granted = 0x80] = await this.until('SUBACK', () => this.granted);
    if (granted >= 0x80) throw new MqbenchError('MQB_SUBACK', reasonText(granted, this.version));
    return granted;
  }

  /** Resolves when it is acknowledged (QoS 0: written). */
  async publish(
    topic: string,
    payload: Buffer,
    options: { qos: Qos; retain?: boolean; properties?: Record<string, unknown> },
  ): Promise<void> {
    const sequence = this.sequence++;
    const { qos, retain, properties } = options;
    const encoded = properties === undefined ? undefined : encodePublishProperties(properties);
    const template = new PublishTemplate({ topic, qos, retain, version: this.version, payload, properties: encoded });
    this.session.publish(template, 0, sequence, 0, 0);
    this.session.flush();
    if (qos === 0) return;
    const reason = await this.until('acknowledgement', () => this.acknowledged.get(sequence));
    if (reason >= 0x80) throw new MqbenchError('MQB_PUBACK', reasonText(reason, this.version));
  }

  /** The next message with this payload. */
  message(text: string): Promise<ProbeClient['received'][number]> {
    return this.until('message', () => this.received.find(({ payload }) => payload === text));
  }

  /** The next message of this size. */
  messageOf(bytes: number): Promise<ProbeClient['received'][number]> {
    return this.until('message', () => this.received.find((message) => message.bytes === bytes));
  }

  /** Ends it, with DISCONNECT or without a word. */
  async end(politely = true): Promise<void> {
    if (politely) {
      this.session.disconnect();
      await this.connection.close().catch(() => {});
    } else {
      this.connection.abort();
    }
  }

  onConnack(connack: Connack): void {
    this.connack = connack;
    this.wake();
  }
  onSuback(granted: readonly number[]): void {
    this.granted = granted;
    this.wake();
  }
  onMessage(buffer: Buffer, start: number, end: number, qos: Qos): void {
    this.received.push({
      payload: buffer.toString('utf8', start, Math.min(end, start + 100)),
      qos,
      bytes: end - start,
    });
    this.wake();
  }
  onAcknowledged(_flow: number, sequence: number, _due: number, _written: number, reason: number): void {
    this.acknowledged.set(sequence, reason);
    this.wake();
  }
  onTurn(): void {}
  onProblem(error: Error): void {
    this.problem ??= error;
    this.wake();
  }

  onViolation(error: MqbenchError): void {
    if (error.code !== 'MQB_ACK_KIND') return;
    this.wrongAnswer = error;
    this.wake();
  }

  private until<T>(what: string, look: () => T | undefined): Promise<T> {
    this.wrongAnswer = undefined;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.signal?.removeEventListener('abort', giveUp);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      const giveUp = (): void => fail(new MqbenchError('MQB_INTERRUPTED', 'interrupted'));
      const timer = setTimeout(
        () => fail(new MqbenchError('MQB_SILENT', `no ${what} within ${this.patienceMillis / 1000} s`)),
        this.patienceMillis,
      );
      this.signal?.addEventListener('abort', giveUp, { once: true });
      this.wake = () => {
        const found = look();
        const problem = this.problem ?? this.wrongAnswer;
        if (found !== undefined) {
          end();
          resolve(found);
        } else if (problem !== undefined) fail(problem);
      };
      this.wake();
    });
  }
}
