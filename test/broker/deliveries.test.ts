import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { BrokerOptions } from '../../src/broker/contract.js';
import type { DialOptions, TransportName } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import type { Level } from '../conformance/bytes.js';
import { codeOf } from '../conformance/raw-client.js';
import { pause, Scene } from '../conformance/scene.js';

const any = { port: 0 };
let broker: Broker;
const scenes: Scene[] = [];

async function start(options: Partial<BrokerOptions> = {}): Promise<void> {
  broker = await Broker.start({ listeners: { tcp: any, quic: any, ws: any, tls: any }, ...options });
}

function scene(transport: TransportName, level: Level): Scene {
  const { addresses, ca } = broker.ready;
  const dial = (name: TransportName) => transportFor(name).dial({ ...(addresses[name] as DialOptions), tls: { ca } });
  const one = new Scene({ dial, close: async () => {} }, transport, level);
  scenes.push(one);
  return one;
}

afterEach(async () => {
  for (const one of scenes.splice(0)) one.end();
  await broker.close();
});

describe.each(['tcp', 'quic'] as const)('over %s', (transport) => {
  it('messages that wait behind one that has expired are sent', async () => {
    await start();
    const at = scene(transport, 5);
    const sub = await at.client({ properties: { receiveMaximum: 1 } });
    sub.acknowledges = false;
    await sub.subscribe(at.topic('t'), { qos: 1 });
    const pub = await at.client();
    await pub.publish(at.topic('t'), 'a', { qos: 1 });
    await pub.publish(at.topic('t'), 'b', { qos: 1, properties: { messageExpiryInterval: 1 } });
    await pub.publish(at.topic('t'), 'c', { qos: 1 });
    const a = await sub.next('publish');
    await pause(1100);
    sub.acknowledges = true;
    sub.send({ cmd: 'puback', messageId: a.messageId });
    expect(String((await sub.next('publish')).payload)).toBe('c');
  });
  it('messages that wait behind one that is too large are sent', async () => {
    await start();
    const at = scene(transport, 5);
    const sub = await at.client({ properties: { receiveMaximum: 1, maximumPacketSize: 200 } });
    sub.acknowledges = false;
    await sub.subscribe(at.topic('t'), { qos: 1 });
    const pub = await at.client();
    await pub.publish(at.topic('t'), 'a', { qos: 1 });
    await pub.publish(at.topic('t'), 'b'.repeat(300), { qos: 1 });
    await pub.publish(at.topic('t'), 'c', { qos: 1 });
    const a = await sub.next('publish');
    sub.acknowledges = true;
    sub.send({ cmd: 'puback', messageId: a.messageId });
    expect(String((await sub.next('publish')).payload)).toBe('c');
  });

  it('a CONNECT that is refused takes no session away', async () => {
    await start();
    const at = scene(transport, 5);
    const id = at.id();
    const sub = await at.client(at.lasting(id));
    await sub.subscribe(at.topic('t'), { qos: 1 });
    const other = await at.open();
    const connack = await other.connect(id, { clean: true, properties: { authenticationMethod: 'x' } });
    expect(codeOf(connack)).toBe(0x8c);
    await other.closed();
    const pub = await at.client();
    await pub.publish(at.topic('t'), 'a', { qos: 1 });
    expect(String((await sub.next('publish', 1000)).payload)).toBe('a');
    await pub.publish(at.topic('t'), 'b', { qos: 1 });
    expect(String((await sub.next('publish', 1000)).payload)).toBe('b');
  });

  it('a session that ends with this connection is gone on with first', async () => {
    await start();
    const at = scene(transport, 5);
    const id = at.id();
    const sub = await at.client(at.lasting(id));
    await sub.subscribe(at.topic('t'), { qos: 1 });
    await sub.leave();
    const pub = await at.client();
    await pub.publish(at.topic('t'), 'a', { qos: 1 });
    const again = await at.open();
    const connack = await again.connect(id, { clean: false });
    expect(connack.sessionPresent).toBe(true);
    expect(String((await again.next('publish', 1000)).payload)).toBe('a');
    await pub.publish(at.topic('t'), 'b', { qos: 1 });
    expect(String((await again.next('publish', 1000)).payload)).toBe('b');
    again.cut();
    const third = await at.open();
    expect((await third.connect(id, { clean: false })).sessionPresent).toBe(false);
  });

  it.each([4, 5] as const)('no message comes before CONNACK, MQTT %i', async (level) => {
    await start();
    const at = scene(transport, level);
    const id = at.id();
    const sub = await at.client(at.lasting(id));
    await sub.subscribe(Array.from({ length: 20 }, (_, i) => ({ topic: at.topic(`t${i}`), qos: 0 as const })));
    sub.cut();
    const pub = await at.client();
    let going = true;
    const flood = (async () => {
      while (going) {
        for (let i = 0; i < 20; i++) await pub.publish(at.topic(`t${i}`), 'x');
        await new Promise(setImmediate);
      }
    })();
    for (let round = 0; round < 15; round++) {
      const one = await at.open();
      one.send(one.connectPacket(id, at.lasting(id)));
      await one.next('connack');
      expect(one.heard[0]?.packet.cmd).toBe('connack');
      one.cut();
    }
    going = false;
    await flood;
  });

  it.each([
    [4, true],
    [4, false],
    [5, true],
    [5, false],
  ] as const)('of clients with one id that connect at once one stays, MQTT %i, clean %s', async (level, clean) => {
    await start();
    const at = scene(transport, level);
    for (let round = 0; round < 3; round++) {
      const id = at.id();
      const options = clean ? { clientId: id } : at.lasting(id);
      const first = await at.client(options);
      await first.subscribe(at.topic(`t${round}`), { qos: 1 });
      const more = await Promise.all(Array.from({ length: 4 }, () => at.open()));
      for (const one of more) one.send(one.connectPacket(id, options));
      await pause(200);
      const all = [first, ...more];
      const living = [];
      for (const one of all) {
        one.send({ cmd: 'pingreq' });
        try {
          await one.next('pingresp', 300);
          living.push(one);
        } catch {}
      }
      expect(living.length).toBe(1);
      const last = living[0] as (typeof all)[0];
      await last.subscribe(at.topic(`t${round}`), { qos: 1 });
      const pub = await at.client();
      await pub.publish(at.topic(`t${round}`), 'a', { qos: 1 });
      await last.next('publish', 1000);
    }
  });

  it.each([4, 5] as const)('a client whose id is taken for a moment is not left deaf, MQTT %i', async (level) => {
    await start();
    const at = scene(transport, level);
    for (let round = 0; round < 6; round++) {
      const id = at.id();
      const sub = await at.client(at.lasting(id));
      await sub.subscribe(at.topic(`t${round}`), { qos: 1 });
      const other = await at.open();
      other.send(other.connectPacket(id, at.lasting(id)));
      if (round % 3 === 1) await new Promise(setImmediate);
      if (round % 3 === 2) await pause(1);
      other.cut();
      await pause(50);
      const pub = await at.client();
      await pub.publish(at.topic(`t${round}`), 'a', { qos: 1 });
      try {
        await sub.ping();
      } catch {
        continue; // taken over
      }
      expect(sub.heard.some(({ packet }) => packet.cmd === 'publish')).toBe(true);
    }
  });

  it('a will of QoS 2 is published although its client has as many messages under way as it may', async () => {
    await start({ limits: { receiveMaximum: 2 } });
    const at = scene(transport, 5);
    const watcher = await at.client();
    await watcher.subscribe(at.topic('will'), { qos: 2 });
    const one = await at.client({ will: { topic: at.topic('will'), payload: 'gone', qos: 2, retain: false } as never });
    for (const messageId of [1, 2]) {
      one.send({ cmd: 'publish', topic: 'x', payload: 'x', qos: 2, messageId, dup: false, retain: false });
      await one.next('pubrec');
    }
    one.cut();
    expect(String((await watcher.next('publish', 1000)).payload)).toBe('gone');
  });

  it.each([4, 5] as const)(
    'a message for a shared and another subscription of one client comes twice, MQTT %i',
    async (level) => {
      await start();
      const at = scene(transport, level);
      const id = at.id();
      const sub = await at.client(at.lasting(id));
      await sub.subscribe(at.topic('t'), { qos: 1 });
      await sub.subscribe(`$share/g/${at.topic('t')}`, { qos: 1 });
      await sub.subscribe(`$share/h/${at.topic('t')}`, { qos: 1 });
      const pub = await at.client();
      await pub.publish(at.topic('t'), 'a', { qos: 1 });
      await pause(300);
      expect(sub.heard.filter(({ packet }) => packet.cmd === 'publish').length).toBe(3);
      expect(broker.sessions.messages).toBe(0);
    },
  );
  it('what finds no room for a client that acknowledges slowly is counted once', async () => {
    await start({ limits: { queuedMessages: 10 } });
    const at = scene(transport, 5);
    const sub = await at.client({
      ...at.lasting(at.id()),
      properties: { sessionExpiryInterval: 60, receiveMaximum: 1 },
    });
    sub.acknowledges = false;
    await sub.subscribe(at.topic('t'), { qos: 1 });
    const pub = await at.client();
    for (let i = 0; i < 30; i++) await pub.publish(at.topic('t'), `${i}`, { qos: 1 });
    expect(broker.sessions.messages).toBe(10);
    expect(broker.sessions.droppedForSlow).toBe(20);
    expect(broker.sessions.dropped).toBe(0);
  });

  it.each([4, 5] as const)(
    'a message of QoS 2 that comes twice in one piece is delivered once, MQTT %i',
    async (level) => {
      await start();
      const at = scene(transport, level);
      const [sub, pub] = [await at.client(), await at.client()];
      await sub.subscribe(at.topic('t'), { qos: 2 });
      const packet = {
        cmd: 'publish',
        topic: at.topic('t'),
        payload: 'x',
        qos: 2,
        messageId: 9,
        retain: false,
      } as const;
      pub.send({ ...packet, dup: false }, { ...packet, dup: true });
      await pub.next('pubrec');
      await pub.next('pubrec');
      expect((await at.arrived(sub, pub)).length).toBe(1);
    },
  );

  it.each([
    ['is published when it is taken over with a clean start', true, 1],
    ['is not when its session goes on', false, 0],
  ] as const)(
    'a will that waits for its delay %s, while its client is there and while it is away',
    async (_, clean, wills) => {
      await start();
      const at = scene(transport, 5);
      const [watcher, publisher] = [await at.client(), await at.client()];
      await watcher.subscribe(at.topic('will'), { qos: 1 });
      const will = {
        topic: at.topic('will'),
        payload: 'gone',
        qos: 1,
        retain: false,
        properties: { willDelayInterval: 60 },
      } as const;
      for (const isAway of [false, true]) {
        const id = at.id();
        const one = await at.client({ ...at.lasting(id), will: will as never });
        if (isAway) {
          one.cut();
          await expect.poll(() => broker.connected).toBe(2);
        }
        const next = await at.client({ ...at.lasting(id), clean });
        expect((await at.arrived(watcher, publisher)).length).toBe(wills);
        await next.leave();
        await expect.poll(() => broker.connected).toBe(2);
      }
    },
  );
});
