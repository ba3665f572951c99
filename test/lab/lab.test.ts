import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/contract.js';
import { openLab } from '../../src/lab/lab.js';
import { availableBackends } from './conditions.js';
import { ask, startClient, startServer, stop } from './endpoints.js';

const backends = await availableBackends();

describe.each(backends)('a lab with backend %s', (backend) => {
  const profile = { up: { delayMicros: 10_000 }, down: { delayMicros: 20_000 } };
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab({ backend, profile, seed: 7, clientAddresses: 5 });
  });
  afterAll(async () => {
    expect(await lab.close()).toEqual([]);
  });

  test('delays packets by what was asked, both ways together', async () => {
    const packets = { packets: 200, intervalMicros: 2000 };
    await lab.setProfile({ up: {}, down: {} });
    const undelayed = (await lab.calibrate(packets)).rttP50Micros; // what this machine adds at the moment
    await lab.setProfile(profile);
    const { rttP50Micros, lost } = await lab.calibrate(packets);
    expect(rttP50Micros).toBeGreaterThanOrEqual(30_000); // physics: never less
    expect(rttP50Micros - 30_000).toBeLessThan(2 * undelayed + 3_000);
    expect(lost).toBe(0);
  });

  test('counts what came in, went out and was lost, and the sums agree', async () => {
    await lab.setProfile({ up: { loss: 0.2 }, down: {} });
    const before = await lab.counters();
    const { lost, packets } = await lab.calibrate({ packets: 1000, intervalMicros: 500 });
    const after = await lab.counters();
    await lab.setProfile({ up: { delayMicros: 10_000 }, down: { delayMicros: 20_000 } });
    const up = {
      in: after.up.packetsIn - before.up.packetsIn,
      out: after.up.packetsOut - before.up.packetsOut,
      lost: after.up.packetsLost - before.up.packetsLost,
    };
    expect(packets).toBe(1000);
    expect(up.in).toBe(1000);
    expect(up.lost).toBe(lost);
    expect(up.out).toBe(1000 - lost);
    expect(after.down.packetsIn - before.down.packetsIn).toBe(1000 - lost);
    expect(lost).toBeGreaterThan(137); // binomial: 200 ± 5 × 12.6
    expect(lost).toBeLessThan(263);
    expect(after.up.bytesIn - before.up.bytesIn).toBe(1000 * (64 + 28));
  });

  test('a rebind moves every client to another outer address and forgets its flows', async () => {
    const serving = await startServer(lab);
    const asking = await startClient(lab, lab.clientAddresses[2]!);
    const before = await ask(asking);
    const { facts } = await lab.event({ kind: 'rebind' });
    const list = (name: string) => (facts[name] as readonly string[]).map((outer) => outer.replace(/:.*/, ''));
    const proof = { outerBefore: list('outerBefore'), outerAfter: list('outerAfter') };
    const flows = { before: facts.conntrackBefore as number, after: facts.conntrackAfter as number };
    expect(before.udp).toMatch(new RegExp(`^${proof.outerBefore[2]} `));
    expect(before.tcp).toContain(proof.outerBefore[2]);
    expect(flows.before).toBeGreaterThanOrEqual(2);
    expect(flows.after).toBeLessThan(flows.before);
    expect(new Set([...proof.outerBefore, ...proof.outerAfter]).size).toBe(10);

    const after = await ask(asking);
    expect(after.udp).toMatch(new RegExp(`^${proof.outerAfter[2]} `));
    expect(after.tcp).toBe('ECONNRESET'); // the server never saw this TCP flow from there
    await stop(serving, asking);
  });

  test('every client address reaches the server from an outer address of its own', async () => {
    const serving = await startServer(lab);
    const outers = new Set<string>();
    for (const from of lab.clientAddresses) {
      const asking = await startClient(lab, from);
      const { tcp, udp } = await ask(asking);
      expect(tcp?.split(' ')[0]?.replace('::ffff:', '')).toBe(udp?.split(' ')[0]);
      outers.add(udp!.split(' ')[0]!);
      await stop(asking);
    }
    expect(outers.size).toBe(lab.clientAddresses.length);
    await stop(serving);
  });
});

test.runIf(backends.length > 0)('killing the child of spawn ends the real program', async () => {
  const lab = await openLab({ profile: { up: {}, down: {} }, seed: 1 });
  try {
    const child = lab.spawn('client', 'sh', ['-c', 'echo $$; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = await once(child.stdout!, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const look = lab.spawn('client', 'sh', ['-c', `sleep 0.2; cat /proc/${String(text).trim()}/stat || echo gone`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [answer] = await once(look.stdout!, 'data');
    expect(String(answer)).toMatch(/^gone|\) [ZX] /); // dead; whether init has taken notice is init's affair
  } finally {
    await lab.close();
  }
});
