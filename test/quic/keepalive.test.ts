import { afterEach, describe, expect, it } from 'vitest';
import { planCells } from '../../src/scenario/matrix.js';
import { quicTerms } from '../../src/scenario/quic-terms.js';
import { readScenario } from '../../src/scenario/read.js';
import type { PlannedCell } from '../../src/scenario/types.js';
import { realTime, type TimeSource } from '../../src/transport/quic/endpoint/scheduler.js';
import { exchange, Lab, pause } from './wire.js';

let lab: Lab;
afterEach(() => lab.end());

/** Datagrams, both ways, on an idle connection in so many seconds of the endpoints' own deadlines. */
async function datagramsIdle(settings: object, seconds: number, server = settings): Promise<number> {
  let ahead = 0;
  const time: TimeSource = {
    now: () => realTime.now() + ahead,
    after: (delayMs, callback) => realTime.after(Math.min(delayMs, 2), callback), // looks at now() soon after each step
  };
  lab = await Lab.start(server, settings, time);
  const { client } = await lab.echoPair();
  await pause(100); // acknowledgements of the first byte
  const before = lab.wire.sent.length;
  for (let second = 0; second < seconds; second++) {
    ahead += 1000;
    await pause(5);
  }
  expect(client.duplex.destroyed).toBe(false);
  return lab.wire.sent.length - before;
}

describe('an idle QUIC client', () => {
  it('sends PINGs by default, which keep a NAT open', async () => {
    expect(await datagramsIdle({}, 50)).toBeGreaterThanOrEqual(4); // two PINGs, each acknowledged
  });

  it("sends PINGs by half of the server's idle timeout when that is shorter than it would wait", async () => {
    expect(await datagramsIdle({}, 50, { idleTimeoutMs: 10_000 })).toBeGreaterThanOrEqual(16); // nine PINGs, each acknowledged
  });

  it('outlives the idle timeout of a server that knows no other', async () => {
    lab = await Lab.start({ idleTimeoutMs: 500 });
    const { client } = await lab.echoPair();
    await pause(2000);
    expect(client.duplex.destroyed).toBe(false);
    expect((await exchange(client, Buffer.from('there'))).toString()).toBe('there');
  });

  it('sends nothing in a scenario that TCP would not send: pings are left to MQTT', async () => {
    const scenario = readScenario('title: t\narms: [quic]\nnetwork: {rtt: 1ms}\nload: {keepalive: 60s}\n', 'x.yaml');
    const terms = quicTerms(planCells(scenario)[0] as PlannedCell, scenario.lab);
    expect(await datagramsIdle(terms, 50)).toBe(0);
  });
});
