import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { transportFor } from '../../src/transport/registry.js';
import { describeTransport, type Traits } from './suite.js';
import { Fixture, pattern, readExactly } from './suite-fixture.js';

const traits: Traits = { name: 'tcp', secure: false, halfClose: false, refused: ['MQB_REFUSED'] };
const make = () => transportFor('tcp');

describeTransport(traits, make);

describe.runIf(process.platform === 'linux')('tcp on Linux', () => {
  let fixture: Fixture;
  afterEach(() => fixture.end());

  it('reads round trip, window and packets from the kernel', async () => {
    fixture = await Fixture.start(traits, make);
    const { client, server } = await fixture.pair();
    client.duplex.write(pattern(100_000));
    await readExactly(server.duplex, 100_000);
    const stats = client.stats();
    expect(stats.rttMicros).toBeGreaterThan(0);
    expect(stats.rttMicros).toBeLessThan(1e6); // loopback, but a busy machine
    expect(stats.congestionWindow).toBeGreaterThan(1000);
    expect(stats.packetsSent).toBeGreaterThan(1);
    expect(stats.packetsReceived).toBeGreaterThan(0);
    expect(stats.packetsRetransmitted).toBe(0);
    client.abort();
    expect(client.stats().rttMicros).toBeUndefined();
    expect(client.stats().bytesSent).toBe(100_001);
  });

  const allowed = readFileSync('/proc/sys/net/ipv4/tcp_allowed_congestion_control', 'utf8').trim().split(' ');

  it.each(allowed)('uses congestion control %s when asked on both sides', async (congestionControl) => {
    fixture = await Fixture.start(traits, make, { congestionControl });
    const { client, server } = await fixture.pair({ congestionControl });
    server.duplex.write('x');
    expect((await readExactly(client.duplex, 1)).toString()).toBe('x');
  });

  it('refuses a congestion control that the kernel does not have', async () => {
    fixture = await Fixture.start(traits, make);
    await expect(fixture.dial({ congestionControl: 'nonesuch' })).rejects.toMatchObject({
      code: 'MQB_CONGESTION_CONTROL',
      hint: expect.stringContaining('tcp_allowed_congestion_control'),
      exitCode: 3,
    });
    const listen = fixture.transport.listen({ port: 0, congestionControl: 'nonesuch' }, () => {});
    await expect(listen).rejects.toMatchObject({ code: 'MQB_CONGESTION_CONTROL' });
  });

  it('says that a source address is not one of this machine', async () => {
    fixture = await Fixture.start(traits, make);
    await expect(fixture.dial({ localAddress: '192.0.2.1' })).rejects.toMatchObject({
      code: 'MQB_LOCAL_ADDRESS',
      exitCode: 3,
    });
  });
});
