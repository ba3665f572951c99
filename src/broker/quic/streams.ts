import { Duplex } from 'node:stream';
import { packetEnd } from '../../mqtt/codec/frame-reader.js';
import type { QuicConnection } from '../../transport/quic/connection/connection.js';
import type { QuicStream } from '../../transport/quic/connection/streams/stream.js';
import { type Client, keepAlive } from '../aedes/aedes.js';
import { connectOf, QuicClients } from './clients.js';
import { Answers, DataPacketFilter } from './data-packets.js';
import { partEnded, partOf } from './parts.js';

/**
 * One data stream as aedes sees it: a client of its own, whose CONNECT we make and whose CONNACK nobody hears. That gives what
 * EMQX does with its copy of the channel (EIP 0023): packet ids per stream, acknowledgements and deliveries on the stream they
 * belong to, subscriptions that end with it.
 */
export class DataStreamChannel extends Duplex {
  private readonly answers = new Answers();
  private readonly packets = new DataPacketFilter((first) => this.answers.asked(first));
  /** The client has finished its side, and all of it is handed over. */
  private isAsked = false;
  /** CONNACK has been written, which the outbox writes in one piece. */
  private isOpen = false;

  constructor(
    private readonly stream: QuicStream,
    connect: Buffer,
    private readonly active: () => void,
  ) {
    super({ allowHalfOpen: true });
    this.push(connect);
    stream.on('end', () => {
      this.isAsked = true;
      this.endWhenAnswered();
    });
    stream.on('close', () => this.destroy());
  }

  override _read(): void {
    if (this.isOpen) this.stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const rest = this.isOpen ? chunk : chunk.subarray(packetEnd(chunk, 0));
    // Not read before: aedes ends a client that sends more than 42 packets (its queueLimit) ahead of its CONNACK.
    if (!this.isOpen) this.stream.on('data', (bytes: Buffer) => this.received(bytes));
    this.isOpen = true;
    this.answers.wrote(rest);
    if (this.isAsked) this.endWhenAnswered();
    if (rest.length === 0 || this.stream.destroyed || this.stream.write(rest)) done();
    else this.stream.once('drain', () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.stream.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error) this.stream.destroy();
    else this.stream.end();
    this.stream.resume(); // what still comes is nobody's
    done(null); // a bad data stream is counted, not an error of the broker
  }

  /** Whoever opens a stream for each message finishes it together with the packet, and still wants its acknowledgement. */
  private endWhenAnswered(): void {
    if (this.answers.owed > 0) return;
    this.isAsked = false;
    // Two turns, in which aedes hands on what needs no answer.
    setImmediate(() => setImmediate(() => this.push(null)));
  }

  private received(chunk: Buffer): void {
    if (this.destroyed) return;
    this.active();
    try {
      for (const bytes of this.packets.pass(chunk)) if (!this.push(bytes)) this.stream.pause();
    } catch {
      this.stream.destroy();
    }
  }
}

/**
 * The broker's side of MQTT over several QUIC streams (mqtt-over-quic, "simple multistreams"): data streams wait within their flow
 * control until they are served; each then lives and dies alone.
 */
export class DataStreams extends QuicClients {
  /** Data streams that have been served. */
  opened = 0;
  /** Living data streams. */
  count = 0;

  protected serve(client: Client, connection: QuicConnection): void {
    connection.streams.onStream((stream) => {
      this.opened++;
      this.count++;
      // Any packet on any stream keeps the client alive (EMQX 5.8.1, PR 13814).
      const id = partOf(client.id, `stream-${stream.id}`);
      const channel = new DataStreamChannel(stream, connectOf(client, id), () => keepAlive(client));
      channel.once('close', () => {
        this.count--;
        partEnded(id);
      });
      this.handle(channel, connection); // packet ids begin at 1, as at EMQX on every stream
    });
  }
}
