import { randomBytes } from 'node:crypto';
import type { Address } from '../../src/transport/contract.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { bounded, stateOf } from './bounded.js';
import { exchange, Lab, serverAddress, until } from './wire.js';

export const messageBytes = 1000;

/** Gives a client another address, and counts round trips. */
export interface Nat {
  rebind(): void | Promise<void>;
  /** From now on neither end has heard anything. */
  startTrips(): void;
  /** Round trips that led to what the client knows. */
  readonly trips: number;
}

/** Two ends of a connection with a NAT between them. */
export interface Pair<N extends Nat = Nat> {
  readonly client: QuicConnection;
  readonly server: QuicConnection;
  readonly nat: N;
  /** Of the path, without what the machine adds. */
  readonly roundTripMs: number;
}

/** The NAT of a lab's client. */
export class LabNat implements Nat {
  private there!: Address;
  private moves = 0;
  private from = 0;

  constructor(private readonly lab: Lab) {}

  rebind(): void {
    this.there = { host: '203.0.113.5', port: 50_000 + ++this.moves };
    this.lab.wire.move(this.lab.clientIo, this.there);
  }

  startTrips(): void {
    this.from = this.lab.wire.sent.length;
    this.lab.wire.startTrips();
  }

  get trips(): number {
    return this.lab.wire.tripsOf(this.there);
  }

  /**
   * UDP payload to the new address by the bytes from there, at its highest before the client's second datagram, which proves that
   * it is where it seems to be.
   */
  get factor(): number {
    const { there } = this;
    let [received, sent, highest] = [0, 0, 0];
    for (const { from, to, packet } of this.lab.wire.sent.slice(this.from)) {
      if (from === there && received > 0) break;
      if (from === there) received += packet.length;
      if (from === serverAddress && to.port === there.port) sent += packet.length;
      highest = Math.max(highest, received > 0 ? sent / received : 0);
    }
    return highest;
  }
}

/** A pair on a wire of its own that never speaks by itself. */
export async function labPair(
  oneWayMs: number,
  undo: (step: () => void) => void,
): Promise<Pair<LabNat> & { lab: Lab }> {
  const lab = await Lab.start({}, { keepAliveMs: 0 });
  undo(() => lab.end());
  lab.wire.fate = () => ({ copies: 1, delayMs: oneWayMs });
  const { client, server } = await lab.echoPair();
  return { client, server, nat: new LabNat(lab), roundTripMs: 2 * oneWayMs, lab };
}

/** Handshakes at once: they keep the process busy, and each makes the others' round trips seem long. */
const lanes = 2;
/** By so much it may seem longer than it is; that long is waited for it. */
const [busyMs, learnMs] = [30, 10_000];

/** Makes pairs, then lets both ends of each learn the round trip, which quiche's probes go by. */
export async function pairsOf<P extends Pair>(count: number, make: (i: number) => Promise<P>): Promise<P[]> {
  const pairs: P[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      pairs[i] = await make(i);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await Promise.all(pairs.map(learn));
  return pairs;
}

async function learn({ client, server, roundTripMs }: Pair): Promise<void> {
  const deadline = performance.now() + learnMs;
  const seemsLong = ({ quiche }: QuicConnection): boolean => (quiche.pathStats()[0]?.rtt ?? 0) > roundTripMs + busyMs;
  for (let n = 0; n < 3 || seemsLong(client) || seemsLong(server); n++) {
    await exchange(client, randomBytes(100));
    if (performance.now() > deadline) return;
  }
}

/** Probes that an end has sent since it last heard the other. */
export const probesOf = ({ path }: QuicConnection): number => (path as unknown as { unanswered: number }).unanswered;

/** Until so many probes have been sent into the void. */
export const probed = (server: QuicConnection, probes: number): Promise<void> =>
  until(
    () => probesOf(server) >= probes,
    20_000,
    () => stateOf(server),
  );

/** What one move is to be like. */
export interface Move {
  /** Which of them, for errors. */
  readonly name: string;
  /** What the server writes into the void. */
  readonly messages: number;
  /** As long as nobody hears the server. */
  readonly silence: (server: QuicConnection) => Promise<void>;
}

/**
 * Lets a NAT give the client another port, the server write into the void, and after a silence the client say something.
 * @returns how many round trips after that the client had the first whole message; by then it has the last
 */
export async function move({ client, server, nat }: Pair, { name, messages, silence }: Move): Promise<number> {
  const [total, state] = [messages * messageBytes, () => `${stateOf(client)}; ${stateOf(server)}`];
  // Who still has something on its way would speak by itself: then nothing is silent.
  await until(() => client.due.nothingInFlight() && server.due.nothingInFlight(), 20_000, state);
  let [got, trips, onClose, onData] = [0, Number.NaN, (): void => {}, (_: Buffer): void => {}];
  const all = new Promise<void>((resolve, reject) => {
    onClose = () => reject(new Error(`${name}: closed after ${got} of ${total} bytes; ${state()}`));
    onData = ({ length }) => {
      if (got < messageBytes && got + length >= messageBytes) trips = nat.trips;
      got += length;
      if (got >= total) resolve();
    };
  });
  all.catch(() => {}); // it may close while the silence lasts, and is asked for only then
  // Already now: what arrives at a stream that flows is gone when nobody listens.
  client.duplex.on('data', onData).once('close', onClose);
  await nat.rebind();
  for (let i = 0; i < messages; i++) server.duplex.write(randomBytes(messageBytes));
  await silence(server);
  if (got > 0) throw new Error(`${name}: the client has spoken before it was asked to; ${state()}`);
  nat.startTrips();
  client.quiche.sendAckEliciting();
  client.wake();
  await bounded(all, () => `${name} has ${got} of ${total} bytes; ${state()}`);
  client.duplex.off('data', onData).off('close', onClose);
  return trips;
}
