import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { DialOptions, TransportName } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import { publishBytes } from '../conformance/bytes.js';
import type { RawClient } from '../conformance/raw-client.js';
import { Scene } from '../conformance/scene.js';

const any = { port: 0 };
/** What a client has already sent behind what ends its connection: more than a socket holds unread. */
const behind = publishBytes(5, 'behind', { payload: 'x'.repeat(2_000_000) });

describe.each(['tcp', 'tls', 'ws', 'wss', 'quic'] as const)('over %s', (transport) => {
  let broker: Broker;
  let at: Scene;
  beforeAll(async () => {
    broker = await Broker.start({
      listeners: { [transport]: any },
      limits: { receiveMaximum: 1, packetBytes: 3_000_000 },
    });
    const { addresses, ca } = broker.ready;
    const dial = (name: TransportName) => transportFor(name).dial({ ...(addresses[name] as DialOptions), tls: { ca } });
    at = new Scene({ dial, close: async () => {} }, transport, 5);
  });
  afterAll(async () => {
    at.end();
    await broker.close();
  });

  async function told(client: RawClient): Promise<number[]> {
    await client.closed();
    return client.reasons();
  }

  it.each([false, true])('a client is told that its session was taken over; it floods: %s', async (floods) => {
    const clientId = at.id();
    const client = await at.client({ clientId });
    if (floods) client.send(behind, behind, behind);
    await at.client({ clientId });
    expect(await told(client)).toEqual([0x8e]);
  });

  it.each([false, true])('that it exceeds the receive maximum; it floods: %s', async (floods) => {
    const client = await at.client();
    const publish = (id: number) => publishBytes(5, 'a', { first: 0x34, id });
    client.send(publish(1), publish(2), ...(floods ? [behind, behind, behind] : []));
    expect(await told(client)).toEqual([0x93]);
  });

  it.each([false, true])('that there is no such topic alias; it floods: %s', async (floods) => {
    const client = await at.client();
    client.send(publishBytes(5, '', { own: [[35, 0, 9]] }), ...(floods ? [behind, behind, behind] : []));
    expect(await told(client)).toEqual([0x94]);
  });

  it.each([false, true])('that it broke a rule; it floods: %s', async (floods) => {
    const client = await at.client();
    client.send(publishBytes(5, 'a#'), ...(floods ? [behind, behind, behind] : []));
    expect(await told(client)).toEqual([0x90]);
  });

  it.each([false, true])('that its packet is too large; it floods: %s', async (floods) => {
    const client = await at.client();
    client.send(publishBytes(5, 'a', { payload: 'x'.repeat(3_000_001) }), ...(floods ? [behind, behind, behind] : []));
    expect(await told(client)).toEqual([0x95]);
  });

  it.each([false, true])('why its CONNECT is refused; it floods: %s', async (floods) => {
    const client = await at.open();
    client.send(
      client.connectPacket(at.id(), { properties: { authenticationMethod: 'x' } }),
      ...(floods ? [behind, behind, behind] : []),
    );
    expect(await told(client)).toEqual([0x8c]);
  });
});
