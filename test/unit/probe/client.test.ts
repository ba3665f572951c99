import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkSizes } from '../../../src/probe/checks/sizes.js';
import { ProbeClient } from '../../../src/probe/client.js';
import type { Connection } from '../../../src/transport/contract.js';
import { ScriptedBroker } from '../../helpers/scripted-broker.js';

let broker: ScriptedBroker;
afterEach(() => broker.close());

describe('what probe says of QoS 2', () => {
  it('is that the answer is of the wrong kind, at once, and not that none came', async () => {
    broker = await ScriptedBroker.open((packet, peer) => {
      if (packet.cmd !== 'publish') return false;
      peer.write({ cmd: 'puback', messageId: packet.messageId ?? 0 });
      return true;
    });
    const duplex = connect(broker.port, '127.0.0.1');
    const connection = { duplex, close: async () => void duplex.destroy() } as unknown as Connection;
    const options = { version: 4, clientId: 'p', clean: true, keepaliveSeconds: 0 } as const;
    const client = await ProbeClient.open(connection, options, 60_000);
    const began = performance.now();
    await expect(client.publish('a', Buffer.from('x'), { qos: 2 })).rejects.toThrow(
      'the broker answers QoS 2 with PUBACK',
    );
    expect(performance.now() - began).toBeLessThan(4_000);
    await expect(client.publish('a', Buffer.from('x'), { qos: 1 })).resolves.toBeUndefined();
    await client.end();
  });
});

describe('what probe says of the largest message', () => {
  it('is which half failed: acknowledged, but not delivered', async () => {
    broker = await ScriptedBroker.open((packet, peer) => {
      if (packet.cmd !== 'publish' || packet.payload.length < 10_000) return false;
      peer.write({ cmd: 'puback', messageId: packet.messageId ?? 0 });
      return true;
    });
    const dial = { host: '127.0.0.1', port: broker.port, timeoutMs: 5000 };
    expect(await checkSizes({ transport: 'tcp', dial, version: 4, prefix: 'p' })).toEqual({
      what: 'largest message',
      outcome: 'yes',
      detail: expect.stringMatching(/^1,000 B; 10,000 B: acknowledged, but not delivered: no .* within 5 s$/),
    });
  }, 20_000);
});
