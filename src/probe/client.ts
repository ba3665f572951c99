import { EventEmitter, once } from 'node:events';
import { MqbenchError } from '../base/errors.js';
import type { Connack, ConnectOptions } from '../mqtt/codec/control-packets.js';
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
  /** What the broker said; there when {@link open} has resolved. */
  connack: Connack | undefined;
  private granted: readonly number[] | undefined;
  private readonly acknowledged = new Map<number, number>();
  private sequence = 0;
  private packetId = 0;
  private problem: Error | undefined;
  /** An answer of the wrong kind to the present question. */
  private wrongAnswer: Error | undefined;
  /** Told of whatever came. */
  private readonly came = new EventEmitter();

  private constructor(
    readonly connection: Connection,
    options: ConnectOptions,
    private readonly patienceMillis: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    const { duplex } = connection;
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
    { qos, retain }: { readonly qos: Qos; readonly retain?: boolean },
  ): Promise<void> {
    const sequence = this.sequence++;
    const template = new PublishTemplate({ topic, qos, retain, version: this.version, payload });
    this.session.publish(template, 0, sequence, 0, 0);
    this.session.flush();
    if (qos === 0) return;
    const reason = await this.until('acknowledgement', () => this.acknowledged.get(sequence));
    if (reason >= 0x80) throw new MqbenchError('MQB_PUBACK', reasonText(reason, this.version));
  }

  /** The first message that has come, or the next one. */
  next(): Promise<ProbeClient['received'][number]> {
    return this.until('message', () => this.received[0]);
  }

  /** The next message with this payload. */
  message(text: string): Promise<ProbeClient['received'][number]> {
    return this.until('message', () => this.received.find(({ payload }) => payload === text));
  }

  /** The next message of this size. */
  messageOf(bytes: number): Promise<ProbeClient['received'][number]> {
    return this.until('message', () => this.received.find((message) => message.bytes === bytes));
  }

  /** Ends it, with DISCONNECT or without a word. Idempotent. */
  async end(politely = true): Promise<void> {
    if (this.connection.duplex.destroyed) return;
    if (!politely) return this.connection.abort();
    this.session.disconnect();
    await this.connection.close().catch(() => {});
  }

  onConnack(connack: Connack): void {
    this.connack = connack;
    this.came.emit('something');
  }
  onSuback(granted: readonly number[]): void {
    this.granted = granted;
    this.came.emit('something');
  }
  onMessage(buffer: Buffer, start: number, end: number, qos: Qos): void {
    const payload = buffer.toString('utf8', start, Math.min(end, start + 100));
    this.received.push({ payload, qos, bytes: end - start });
    this.came.emit('something');
  }
  onAcknowledged(_flow: number, sequence: number, _due: number, _written: number, reason: number): void {
    this.acknowledged.set(sequence, reason);
    this.came.emit('something');
  }
  onTurn(): void {}
  onProblem(error: Error): void {
    this.problem ??= error;
    this.came.emit('something');
  }

  onViolation(error: MqbenchError): void {
    if (error.code !== 'MQB_ACK_KIND') return;
    this.wrongAnswer = error;
    this.came.emit('something');
  }

  private async until<T>(what: string, look: () => T | undefined): Promise<T> {
    this.wrongAnswer = undefined;
    const late = AbortSignal.timeout(this.patienceMillis);
    const signal = this.signal && !this.signal.aborted ? AbortSignal.any([this.signal, late]) : late;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const problem = this.problem ?? this.wrongAnswer;
      if (problem !== undefined) throw problem;
      await once(this.came, 'something', { signal }).catch(() => {
        if (!late.aborted) throw new MqbenchError('MQB_INTERRUPTED', 'interrupted');
        throw new MqbenchError('MQB_SILENT', `no ${what} within ${this.patienceMillis / 1000} s`);
      });
    }
  }
}
