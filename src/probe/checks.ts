import { once } from 'node:events';
import { messageOf } from '../base/errors.js';
import { encodeConnect } from '../mqtt/codec/control-packets.js';
import { type MqttVersion, packetTypes, type Qos } from '../mqtt/codec/packet-types.js';
import { PublishTemplate } from '../mqtt/codec/publish-template.js';
import { Outbox } from '../mqtt/session/outbox.js';
import { QuicConnection } from '../transport/quic/connection/connection.js';
import { transportFor } from '../transport/registry.js';
import { check, cleaning, connectOptions, type Finding, open, type ProbeTarget } from './check.js';

type Question = (target: ProbeTarget) => Promise<Finding>;

/** @param ask tells numbers, or throws why the answer is no */
const question =
  (what: string, ask: (target: ProbeTarget) => Promise<string | undefined>): Question =>
  (target) =>
    check(target, what, () => ask(target));

/** Whether a transport answers with a CONNACK at all. */
export const checkTransport = (target: ProbeTarget): Promise<Finding> =>
  check(target, `transport ${target.transport}`, async () => {
    const began = performance.now();
    const client = await open(target);
    const took = performance.now() - began;
    const { handshake } = client.connection.stats();
    const unchecked = target.dial.tls?.verify === false ? ', certificate not checked' : '';
    return `CONNACK after ${took.toFixed(1)} ms${handshake === 'none' ? '' : `, ${handshake} handshake${unchecked}`}`;
  });

export function checkVersion(target: ProbeTarget, version: MqttVersion): Promise<Finding> {
  const names = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5' } as const;
  return check(target, names[version], async () => {
    const { connack } = await open({ ...target, version });
    if (version !== 5 || !connack) return undefined;
    const { receiveMaximum, topicAliasMaximum } = connack;
    return `receive maximum ${inGroups(receiveMaximum)}, topic alias maximum ${inGroups(topicAliasMaximum)}`;
  });
}

export function checkQos(target: ProbeTarget, qos: Qos): Promise<Finding> {
  return check(target, `QoS ${qos}`, async () => {
    const client = await open(target);
    const topic = `${target.prefix}/qos${qos}`;
    const granted = await client.subscribe(topic, qos);
    await client.publish(topic, Buffer.from('ping'), { qos });
    const message = await client.message('ping');
    if (message.qos < qos) throw new Error(`granted ${granted}, delivered with QoS ${message.qos}`);
  });
}

export const checkRetained = question('retained messages', async (target) => {
  const topic = `${target.prefix}/retained`;
  const client = await open(target);
  try {
    await client.publish(topic, Buffer.from('kept'), { qos: 1, retain: true });
    await client.subscribe(topic, 1);
    await client.message('kept');
  } finally {
    await client.publish(topic, Buffer.alloc(0), { qos: 1, retain: true }); // leave nothing behind
  }
});

export const checkWildcards = question('wildcards + and #', async (target) => {
  const client = await open(target);
  await client.subscribe(`${target.prefix}/w/+/x`, 1);
  await client.subscribe(`${target.prefix}/v/#`, 1);
  await client.publish(`${target.prefix}/w/1/x`, Buffer.from('plus'), { qos: 1 });
  await client.publish(`${target.prefix}/v/2/y`, Buffer.from('hash'), { qos: 1 });
  await client.message('plus');
  await client.message('hash');
});

export const checkShared = question('shared subscriptions', async (target) => {
  const topic = `${target.prefix}/shared`;
  const members = [await open(target), await open(target)];
  for (const member of members) await member.subscribe(`$share/probe/${topic}`, 1);
  const publisher = await open(target);
  const messages = 10;
  for (let i = 0; i < messages; i++) await publisher.publish(topic, Buffer.from(`s${i}`), { qos: 1 });
  await new Promise((resolve) => setTimeout(resolve, 300)); // a copy too many would come by then
  const counts = members.map((member) => member.received.length);
  const got = counts.reduce((a, b) => a + b, 0);
  if (got !== messages) throw new Error(`${messages} messages arrived ${got} times (${counts.join(' and ')})`);
  return `10 messages shared ${counts.join(' and ')}`;
});

export const checkPersistent = question('persistent sessions', async (target) => {
  const clientId = `${target.prefix}persistent`;
  const topic = `${target.prefix}/offline`;
  const properties = { sessionExpiryInterval: 60 };
  try {
    const first = await open(target, { clientId, clean: false, properties });
    await first.subscribe(topic, 1);
    await first.end();
    const publisher = await open(target);
    await publisher.publish(topic, Buffer.from('while away'), { qos: 1 });
    const second = await open(target, { clientId, clean: false, properties });
    if (!second.connack?.sessionPresent) throw new Error('the session was not kept');
    await second.message('while away');
    await second.end();
  } finally {
    await open(cleaning(target), { clientId, clean: true }); // leave nothing behind
  }
});

export const checkWill = question('will', async (target) => {
  const topic = `${target.prefix}/will`;
  const watcher = await open(target);
  await watcher.subscribe(topic, 1);
  const victim = await open(target, { will: { topic, payload: 'gone', qos: 1, retain: false } });
  await victim.end(false);
  await watcher.message('gone');
});

const inGroups = (value: number): string => value.toLocaleString('en-US');

const sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/** The largest of 1 KB, 10 KB … 10 MB that comes through whole. */
export const checkSizes = question('largest message', async (target) => {
  let largest = 0;
  let why = '';
  for (const size of sizes) {
    try {
      const client = await open(target);
      const topic = `${target.prefix}/size`;
      await client.subscribe(topic, 1);
      await client.publish(topic, Buffer.alloc(size, 'x'), { qos: 1 });
      await client.messageOf(size).catch((error: unknown) => {
        throw new Error(`acknowledged, but not delivered: ${messageOf(error)}`);
      });
      await client.end();
      largest = size;
    } catch (error) {
      why = `; ${inGroups(size)} B: ${messageOf(error)}`;
      break;
    }
  }
  if (largest === 0) throw new Error(why.slice(2));
  return `${inGroups(largest)} B${why}`;
});

export const checkEarlyData = question('0-RTT', async (target) => {
  const tickets = { store: new Map<string, Uint8Array>(), key: 'probe' };
  const quic = { ...target.dial.quic, earlyData: true };
  const first = await open(target, {}, { tickets, quic });
  await first.end();
  if (tickets.store.size === 0) throw new Error('the server gave no session ticket');
  const second = await open(target, {}, { tickets, quic });
  const { handshake } = second.connection.stats();
  if (handshake !== 'early-data') throw new Error(`the second handshake was ${handshake}`);
  return 'CONNECT accepted in early data';
});

/** MQTT over several QUIC streams, as EMQX has it: a publish on a stream of its own is acknowledged there. */
export const checkStreams = question('several streams', async (target) => {
  const { connection } = await open(target);
  if (!(connection instanceof QuicConnection)) throw new Error('only QUIC has streams');
  await acknowledgedOnStream(connection, target);
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

/** A CONNECT that no broker can read must be refused, not crash it. */
export const checkGarbage = question('survives a malformed CONNECT', async (target) => {
  const connection = await transportFor(target.transport).dial({ ...target.dial, signal: target.signal });
  connection.duplex.on('error', () => {});
  const bytes = encodeConnect(connectOptions(target, {}));
  bytes.writeUInt16BE(0xffff, 2); // the protocol name claims 65,535 bytes
  connection.duplex.write(bytes);
  await new Promise((resolve) => setTimeout(resolve, 200));
  connection.abort();
  await open(target);
});
