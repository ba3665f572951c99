import { Duplex } from 'node:stream';
import { MqbenchError } from '../base/errors.js';
import type { Connection } from './contract.js';

type Done = (error?: Error | null) => void;

/**
 * A duplex that is there at once and connects by itself: what is written
 * meanwhile waits. That is what stream builders of MQTT clients have to return.
 */
export class BrokerStream extends Duplex {
  /** Resolves when MQTT bytes may flow; rejects with what the dial threw. Nobody has to look at it. */
  readonly ready: Promise<Connection>;
  private opened: Connection | undefined;
  private readonly dialling = new AbortController();

  /** @param dial must give up when the signal is aborted */
  constructor(dial: (signal: AbortSignal) => Promise<Connection>) {
    super({ allowHalfOpen: false });
    this.ready = dial(this.dialling.signal);
    this.ready.catch(() => {}); // also emitted as 'error'
    this.ready.then(
      (connection) => this.attach(connection),
      (error: Error) => this.fail(error),
    );
  }

  /** The connection, once it is there: its transport, addresses, timings and statistics. */
  get connection(): Connection | undefined {
    return this.opened;
  }

  private waiting: { start: () => void; done: Done } | undefined;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.whenOpen(done, ({ duplex }) => duplex.write(chunk, done));
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.whenOpen(done, ({ duplex }) => {
      const last = chunks.length - 1;
      duplex.cork();
      for (const [i, { chunk }] of chunks.entries()) duplex.write(chunk, i === last ? done : undefined);
      duplex.uncork();
    });
  }

  override _final(done: Done): void {
    this.whenOpen(done, ({ duplex }) => {
      if (duplex.destroyed)
        done(); // end() of a destroyed stream never calls back
      else duplex.end(() => done());
    });
  }

  override _read(): void {
    this.opened?.duplex.resume();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.dialling.abort();
    const { opened, waiting } = this;
    this.waiting = undefined;
    waiting?.done(error ?? new MqbenchError('MQB_ABORTED', 'the stream was destroyed before it was connected'));
    if (opened && !error && this.writableFinished) {
      void opened.close().then(() => done(null)); // everything was said: say good-bye instead of cutting it off
      return;
    }
    opened?.abort();
    done(error);
  }

  /** Runs when the connection is there; a stream has one write or final under way at a time. */
  private whenOpen(done: Done, run: (connection: Connection) => void): void {
    if (this.opened) run(this.opened);
    else this.waiting = { start: () => run(this.opened as Connection), done };
  }

  private attach(connection: Connection): void {
    if (this.destroyed) {
      connection.abort();
      return;
    }
    this.opened = connection;
    const { duplex } = connection;
    duplex.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) duplex.pause();
    });
    let ended = false;
    const end = (): void => {
      if (!ended) this.push(null);
      ended = true;
    };
    duplex.on('end', end);
    duplex.on('error', (error) => this.destroy(error));
    duplex.on('close', end); // a connection that was cut ends without 'end'
    this.emit('connect');
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.start();
  }

  private fail(error: Error): void {
    if (!this.destroyed) this.destroy(error);
  }
}
