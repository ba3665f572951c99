import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { inThousands } from '../../base/units.js';
import { encodeConnect } from '../../mqtt/codec/control-packets.js';
import { packetTypes } from '../../mqtt/codec/packet-types.js';
import { PublishTemplate } from '../../mqtt/codec/publish-template.js';
import { Outbox } from '../../mqtt/session/outbox.js';
import { QuicConnection } from '../../transport/quic/connection/connection.js';
import { transportFor } from '../../transport/registry.js';
import { connectOptions, open, type ProbeTarget, question, ticketsOf } from '../check.js';
import type { ProbeClient } from '../client.js';
import { UdpPath } from '../udp-path.js';

export const checkEarlyData = question('0-RTT', async (target) => {
  const quic = { ...target.dial.quic, earlyData: true };
  const tickets = await ticketsOf(target, { quic });
  if (tickets.store.size === 0) throw new Error('the server gave no session ticket');
  const second = await open(target, {}, { tickets, quic });
  const { handshake } = second.connection.stats();
  if (handshake !== 'early-data') throw new Error(`the second handshake was ${handshake}`);
  return 'CONNECT accepted in early data';
});

/** MQTT over several QUIC streams, as EMQX has it: a publish on a stream of its own is acknowledged there. */
export const checkStreams = question('several streams', async (target) => {
  await acknowledgedOnStream(quicOf(await open(target)), target);
  return 'PUBLISH acknowledged on a data stream';
});

async function acknowledgedOnStream(connection: QuicConnection, target: ProbeTarget): Promise<void> {
  const { prefix, version, dial } = target;
  const stream = connection.streams.open();
  const out = new Outbox();
  const template = new PublishTemplate({ topic: `${prefix}/stream`, qos: 1, version, payload: Buffer.from('x') });
  template.append(out, 1, 0, 0, false);
  stream.write(out.take());
  const late = AbortSignal.timeout(dial.timeoutMs);
  try {
    const [chunk] = (await Promise.race([once(stream, 'data', { signal: late }), once(stream, 'close')])) as [Buffer?];
    if (chunk === undefined) throw new Error('the server closed the stream');
    if ((chunk[0] ?? 0) >>> 4 !== packetTypes.puback) throw new Error('something else than PUBACK came');
  } catch (error) {
    throw late.aborted ? new Error(`no PUBACK on the stream within ${dial.timeoutMs / 1000} s`) : error;
  } finally {
    stream.destroy();
  }
}

/** The QUIC connection of a client. */
function quicOf({ connection }: ProbeClient): QuicConnection {
  if (!(connection instanceof QuicConnection)) throw new Error('only QUIC has that');
  return connection;
}

/** Whether deliveries come on streams that the broker opens. Nobody has to; a client that takes none would never see them. */
export const checkServerStreams = question(
  'opens streams of its own',
  async (target) => {
    const client = await open(target);
    let opened = 0;
    quicOf(client).streams.onStream(() => opened++);
    const topic = `${target.prefix}/server-stream`;
    await client.subscribe(topic, 1);
    await client.publish(topic, Buffer.from('where'), { qos: 1 });
    await client.message('where').catch((error: unknown) => {
      if (opened === 0) throw error;
    });
    if (opened === 0) throw new Error('deliveries come on the stream of the subscription');
    return undefined;
  },
  { yes: 'clients have to let it (initial_max_streams), and to read them' },
);

/** A target behind a path of our own; certificates are still those of the server. */
async function through(target: ProbeTarget, use: (path: UdpPath, behind: ProbeTarget) => Promise<string | undefined>) {
  const { dial } = target;
  const { address } = await lookup(dial.host);
  const path = await UdpPath.open({ host: address, port: dial.port });
  const tls = { ...dial.tls, serverName: dial.tls?.serverName ?? dial.host };
  try {
    return await use(path, { ...target, dial: { ...dial, host: '127.0.0.1', port: path.port, tls } });
  } finally {
    path.close();
  }
}

export const checkAddressChange = question(
  'survives an address change',
  (target) =>
    through(target, async (path, behind) => {
      const client = await open(behind);
      await client.publish(`${target.prefix}/moved`, Buffer.from('before'), { qos: 1 });
      await path.rebind();
      const began = performance.now();
      await client.publish(`${target.prefix}/moved`, Buffer.from('after'), { qos: 1 });
      return `PUBACK ${(performance.now() - began).toFixed(1)} ms after it`;
    }),
  {
    yes: 'a NAT that forgets its flows costs a fleet nothing',
    no: 'clients find out by their timers, and connect anew',
  },
);

export const checkRetry = question(
  'takes clients without a Retry',
  (target) =>
    through(target, async (path, behind) => {
      await open(behind);
      if (path.sawRetry) throw new Error('the server sent a Retry (RFC 9000, 8.1.2)');
      return undefined;
    }),
  { no: 'each handshake takes a round trip more' },
);

/** What QUIC ends a silent connection after: the smaller of both ends' counts, and keep-alives have to be shorter. */
export const checkIdleTimeout = question(
  'idle timeout of a minute or more',
  async (target) => {
    const { peerMaxIdleTimeout: millis } = quicOf(await open(target)).quiche.stats();
    if (millis > 0 && millis < 60_000) throw new Error(`max_idle_timeout ${inThousands(millis)} ms`);
    return millis === 0 ? 'none' : `max_idle_timeout ${inThousands(millis)} ms`;
  },
  { no: 'clients have to send something that often, whatever their keep-alive' },
);

export const checkActiveMigration = question(
  'lets clients migrate',
  async (target) => {
    if (quicOf(await open(target)).quiche.stats().peerDisableActiveMigration)
      throw new Error('disable_active_migration (RFC 9000, 18.2)');
    return undefined;
  },
  { no: 'a client that knows that it moves has to connect anew' },
);

/** How long a server that acts on what it gets again may take for it, and how often it gets it: datagrams are lost now and then. */
const patienceMillis = 2000;
const replays = 3;

/** RFC 8446, 8: early data can be sent again by whoever saw it; a server that does not guard against that acts twice. */
export const checkReplay = question(
  'acts once on replayed 0-RTT data',
  (target) =>
    through(target, async (path, behind) => {
      const topic = `${target.prefix}/replayed`;
      const watcher = await open(target);
      await watcher.subscribe(topic, 0);
      const quic = { ...target.dial.quic, earlyData: true };
      const tickets = await ticketsOf(target, { quic });
      if (tickets.store.size === 0) throw new Error('the server gave no session ticket, so nothing can be tried');
      const dial = { ...behind.dial, tickets, quic, signal: target.signal };
      const connection = await transportFor('quic').dial(dial);
      connection.duplex.on('error', () => {}).resume();
      connection.duplex.write(firstFlight(target, topic));
      await watcher.message('once');
      const { handshake } = connection.stats();
      for (let i = 0; i < replays && watcher.received.length < 2; i++) {
        await path.replay();
        const until = performance.now() + patienceMillis / replays;
        while (watcher.received.length < 2 && performance.now() < until)
          await new Promise((resolve) => setTimeout(resolve, 20));
      }
      connection.abort();
      const times = watcher.received.length;
      if (times > 1) throw new Error(`a PUBLISH was delivered ${times} times`);
      return handshake === 'early-data' ? undefined : 'the server took no early data';
    }),
  { no: 'whoever sees the first packets of a client can make it publish again: hold or refuse early data' },
);

/** CONNECT and a PUBLISH in one write, as a client with something to say sends them. */
function firstFlight(target: ProbeTarget, topic: string): Buffer {
  const out = new Outbox();
  const template = new PublishTemplate({ topic, qos: 0, version: target.version, payload: Buffer.from('once') });
  template.append(out, 0, 0, 0, false);
  return Buffer.concat([encodeConnect(connectOptions(target, {})), out.take()]);
}
