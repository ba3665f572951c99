import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** RFC 6455 section 7.4.1. */
const closeCodes = { normal: 1000, unsupportedData: 1003 } as const;

/** What is written in one tick becomes one frame, up to this size, so that small packets share a system call. */
const frameLimit = 64 * 1024;

type Done = (error?: Error | null) => void;

/**
 * The bytes of a WebSocket's binary messages as one stream. Frames carry no
 * meaning for MQTT: a packet may span several, and one may hold several
 * [MQTT-6.0.0-2]. A text message ends the connection [MQTT-6.0.0-1].
 */
export class WebSocketDuplex extends Duplex {
  constructor(private readonly peer: WebSocket) {
    super({ allowHalfOpen: false });
    peer.on('message', (data, isBinary) => this.receive(data, isBinary));
    peer.on('close', () => this.push(null));
    peer.on('error', (error) => this.destroy(error));
  }

  override _read(): void {
    if (this.peer.isPaused) this.peer.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.gone) done();
    else this.peer.send(chunk, { binary: true }, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    if (this.gone) {
      done();
      return;
    }
    const parts = chunks.map(({ chunk }) => chunk);
    const total = parts.reduce((sum, { length }) => sum + length, 0);
    const frames = total <= frameLimit ? [Buffer.concat(parts, total)] : parts;
    // Sends are carried out in order, so the last one's callback speaks for all; a failure destroys the stream anyway.
    for (const [i, frame] of frames.entries())
      this.peer.send(frame, { binary: true }, i === frames.length - 1 ? done : undefined);
  }

  override _final(done: Done): void {
    this.peer.close(closeCodes.normal);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    if (this.peer.readyState !== this.peer.CLOSED) this.peer.terminate();
    done(error);
  }

  /** The peer has said that it listens no more; what it sent before is still to be read, which an error would cut short. */
  private get gone(): boolean {
    return this.peer.readyState !== this.peer.OPEN;
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (!isBinary) {
      this.peer.close(closeCodes.unsupportedData);
      return;
    }
    if (!this.push(data as Buffer)) this.peer.pause();
  }
}
