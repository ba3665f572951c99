import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EventProof, Lab } from '../../src/lab/contract.js';
import { openLab } from '../../src/lab/lab.js';
import { availableBackends } from './conditions.js';
import { ask, startClient, startServer, stop } from './endpoints.js';

const backends = await availableBackends();
const list = (proof: EventProof, name: string): readonly string[] => proof.facts[name] as readonly string[];

describe.each(backends)('events in a lab with backend %s', (backend) => {
  let lab: Lab;
  let serving: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    const profile = { up: { delayMicros: 2000 }, down: { delayMicros: 2000 } };
    lab = await openLab({ backend, profile, seed: 3, clientAddresses: 4 });
    serving = await startServer(lab);
  });
  afterAll(async () => {
    await stop(serving);
    expect(await lab.close()).toEqual([]);
  });
  beforeEach(async () => {
    await lab.event({ kind: 'return' });
    await lab.event({ kind: 'nat', unknownFlows: 'forward' });
  });

  test('a port rebind keeps the outer address and changes every port', async () => {
    const client = await startClient(lab, lab.clientAddresses[0]!);
    const before = await ask(client);
    const proof = await lab.event({ kind: 'rebind', what: 'port' });
    const after = await ask(client);
    expect(before.udp!.split(' ')[0]).toBe(after.udp!.split(' ')[0]);
    expect(Number(before.udp!.split(' ')[1])).toBeLessThan(33_000);
    expect(Number(after.udp!.split(' ')[1])).toBeGreaterThanOrEqual(33_000);
    expect(list(proof, 'outerBefore')[0]).toMatch(/:1024-32999$/);
    expect(list(proof, 'outerAfter')[0]).toMatch(/:33000-64999$/);
    await stop(client);
  });

  test('a rebind of a share moves so many clients and leaves the flows of the others alone', async () => {
    const clients = await Promise.all(lab.clientAddresses.map((from) => startClient(lab, from)));
    await Promise.all(clients.map((client) => ask(client)));
    const proof = await lab.event({ kind: 'rebind', share: 0.5 });
    const moved = list(proof, 'outerAfter').map((outer, i) => outer !== list(proof, 'outerBefore')[i]);
    expect(moved.filter(Boolean)).toHaveLength(2);
    const answers = await Promise.all(clients.map((client) => ask(client)));
    expect(answers.map(({ tcp }) => tcp === 'ECONNRESET')).toEqual(moved);
    await stop(...clients);
  });

  test('a spread rebind takes its time and moves everybody', async () => {
    const proof = await lab.event({ kind: 'rebind', overMicros: 400_000 });
    expect(proof.facts.steps).toBe(4);
    expect(proof.tookMicros).toBeGreaterThanOrEqual(250_000); // from the first of four steps to the last
    expect(new Set([...list(proof, 'outerBefore'), ...list(proof, 'outerAfter')]).size).toBe(8);
  });

  test('return restores the first outer addresses', async () => {
    const moved = await lab.event({ kind: 'rebind', what: 'both' });
    const back = await lab.event({ kind: 'return' });
    expect(list(back, 'outerAfter')).toEqual(list(moved, 'outerBefore'));
  });

  test('nat drop: packets of a forgotten TCP flow vanish instead of being reset', async () => {
    await lab.event({ kind: 'nat', unknownFlows: 'drop' });
    const client = await startClient(lab, lab.clientAddresses[1]!);
    await ask(client);
    await lab.event({ kind: 'rebind' });
    const { tcp, udp } = await ask(client, 700);
    expect(tcp).toBeUndefined();
    expect(udp).toMatch(/^198\.19\./);
    await stop(client);
  });

  test('udp-block stops UDP and not TCP, counts what it dropped, and udp-open ends it', async () => {
    const client = await startClient(lab, lab.clientAddresses[0]!);
    await lab.event({ kind: 'udp-block' });
    const blocked = await ask(client, 700);
    expect(blocked.udp).toBeUndefined();
    expect(blocked.tcp).toMatch(/^198\.19\./);
    const proof = await lab.event({ kind: 'udp-open' });
    expect(proof.facts.dropped).toBe(1);
    expect((await ask(client)).udp).toMatch(/^198\.19\./);
    await stop(client);
  });

  test('a blackout loses everything while it lasts, and only then', async () => {
    await lab.calibrate({ packets: 10 }); // its two processes run before the link goes dark
    const [proof, measured] = await Promise.all([
      lab.event({ kind: 'blackout', forMicros: 400_000 }),
      lab.calibrate({ packets: 400, intervalMicros: 2000 }),
    ]);
    const lostUp = proof.facts.lostUp as number;
    expect(lostUp).toBeGreaterThan(20);
    expect(measured.lost).toBeGreaterThanOrEqual(lostUp);
    expect(measured.lost).toBeLessThan(400);
    expect((await lab.calibrate({ packets: 50 })).lost).toBe(0);
  });

  test('profile and heal change the link and restore it', async () => {
    await lab.event({ kind: 'profile', profile: { up: { delayMicros: 40_000 }, down: {} } });
    expect((await lab.calibrate({ packets: 50 })).rttP50Micros).toBeGreaterThanOrEqual(40_000);
    await lab.event({ kind: 'heal' });
    const { rttP50Micros } = await lab.calibrate({ packets: 50 });
    expect(rttP50Micros).toBeGreaterThanOrEqual(4000);
    expect(rttP50Micros).toBeLessThan(30_000);
  });

  test('IPv6 is translated and rebound likewise', async () => {
    const client = await startClient(lab, lab.clientAddresses6[1]!);
    const before = await ask(client);
    await lab.event({ kind: 'rebind' });
    const after = await ask(client);
    expect(before.tcp).toMatch(/^fd73::2 /);
    expect(before.udp).toMatch(/^fd73::2 /);
    expect(after.udp).toMatch(/^fd73::/);
    expect(after.udp!.split(' ')[0]).not.toBe('fd73::2');
    expect(after.tcp).toBe('ECONNRESET');
    await stop(client);
  });

  test("an address change replaces the clients' own addresses and cuts their sockets off", async () => {
    const old = [...lab.clientAddresses];
    const client = await startClient(lab, old[0]!);
    await ask(client);
    const proof = await lab.event({ kind: 'address-change' });
    expect(lab.clientAddresses).toEqual(list(proof, 'innerAfter'));
    expect(lab.clientAddresses.filter((address) => old.includes(address))).toEqual([]);
    const cut = await ask(client, 700);
    expect(cut.tcp ?? 'silent').not.toMatch(/^198/);
    expect(cut.udp ?? 'silent').not.toMatch(/^198/);
    const again = await startClient(lab, lab.clientAddresses[0]!);
    expect((await ask(again)).udp).toContain(list(proof, 'outerAfter')[0]!.split(':')[0]);
    await stop(client, again);
  });

  test('an impossible event is refused with the reason', async () => {
    await expect(lab.event({ kind: 'rebind', share: 1.5 })).rejects.toMatchObject({
      code: 'MQB_LAB_EVENT',
      exitCode: 2,
    });
    await expect(lab.event({ kind: 'flap', times: 0, downMicros: 1, upMicros: -1 })).rejects.toThrow(
      /times: 0 .*up: -1/,
    );
  });
});
