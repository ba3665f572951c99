import type { Qos } from '../../mqtt/codec/packet-types.js';
import { check, cleaning, type Finding, open, type ProbeTarget, question } from '../check.js';

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
