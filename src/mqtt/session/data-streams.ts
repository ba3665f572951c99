import type { Duplex } from 'node:stream';
import { MqbenchError } from '../../base/errors.js';
import type { FrameSink } from '../codec/frame-reader.js';
import type { SessionOutput } from './output.js';
import { SessionStream, type Subscription } from './stream.js';

/** Where further streams of a connection come from; see Connection.streams of the transports. */
export interface StreamSource {
  /** @param priority 0–65535, higher is more important. @throws MqbenchError MQB_QUIC_STREAMS */
  open(priority?: number): Duplex;
}

export type DataStreamsOwner = FrameSink & Pick<SessionOutput, 'feed' | 'writable' | 'lost'>;

/** The data streams of one client: opened when first used, each over one QUIC stream after the other. */
export class DataStreams {
  /** Streams opened, and of them those that ended while their connection lived. */
  opened = 0;
  died = 0;
  private readonly known = new Map<number, SessionStream>();
  private source: StreamSource | undefined;

  constructor(
    private readonly owner: DataStreamsOwner,
    /** By logical number from 1; emqtt-bench's meaning. Default 32767. */
    private readonly priorities: readonly number[],
  ) {}

  /** Uses this connection's streams from now on, or none's. What was subscribed is to be subscribed again. */
  attach(source: StreamSource | undefined): void {
    this.source = source;
    for (const stream of this.known.values()) {
      stream.use(undefined);
      stream.incoming = undefined; // the broker keeps nothing of a data stream
      stream.subscriptions = [];
      stream.deaths = 0;
    }
  }

  get awaitSuback(): boolean {
    for (const stream of this.known.values()) if (stream.awaitsSuback) return true;
    return false;
  }

  all(): Iterable<SessionStream> {
    return this.known.values();
  }

  isBlocked(number: number): boolean {
    return this.known.get(number)?.blocked === true;
  }

  /** The stream of this number, opened if need be. @throws MqbenchError MQB_QUIC_STREAMS */
  get(number: number): SessionStream {
    let stream = this.known.get(number);
    if (stream === undefined) {
      stream = new SessionStream(number, this.owner);
      this.known.set(number, stream);
    }
    if (stream.duplex === undefined) this.open(stream);
    return stream;
  }

  /** A stream that ended has no subscriptions any more. @returns those it had */
  forget(number: number): readonly Subscription[] {
    const stream = this.known.get(number);
    const had = stream?.subscriptions ?? [];
    if (stream !== undefined) stream.subscriptions = [];
    return had;
  }

  private open(stream: SessionStream): void {
    const { source, owner } = this;
    if (source === undefined) {
      throw new MqbenchError('MQB_QUIC_STREAMS', `open data stream ${stream.number}: this connection has one stream`, {
        hint: 'only QUIC has several',
      });
    }
    const duplex = source.open(this.priorities[stream.number - 1]);
    stream.use(duplex);
    this.opened++;
    duplex.on('data', (chunk: Buffer) => {
      if (stream.duplex === duplex) owner.feed(chunk, stream);
    });
    duplex.on('drain', () => {
      if (stream.duplex !== duplex) return;
      stream.blocked = false;
      owner.writable();
    });
    duplex.on('error', () => {}); // tells why it closes; that it does is what counts
    duplex.on('close', () => {
      // A turn later: when the whole connection ends, its control stream says so first.
      setImmediate(() => {
        if (stream.duplex === duplex) this.lose(stream);
      });
    });
  }

  private lose(stream: SessionStream): void {
    stream.use(undefined);
    stream.incoming = undefined;
    stream.deaths++;
    this.died++;
    this.owner.lost(stream);
  }
}
