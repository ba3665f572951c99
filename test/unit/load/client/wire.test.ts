import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IPublishPacket, parser } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { changesPerMessage, nameClient } from '../../../../src/load/client/naming.js';
import { payloadOf, publishTemplateOf, sessionOptionsOf } from '../../../../src/load/client/wire.js';
import { csvRecords, readFeeder } from '../../../../src/load/feeder/read.js';
import { loadHook } from '../../../../src/load/hook/hook.js';
import { Outbox } from '../../../../src/mqtt/session/outbox.js';
import type { FeedRow, LoadPlan, PublishPlan } from '../../../../src/plan/plan.js';
import { closedLoop, filler } from '../../../helpers/plans.js';

function planOf(publish: Partial<NonNullable<LoadPlan['publish']>>, over: Partial<LoadPlan> = {}): LoadPlan {
  return {
    target: { transport: 'tcp', hosts: [] },
    clients: 3,
    clientIdPrefix: 'c',
    mqttVersion: 4,
    clean: true,
    publish: { topic: 't/%c', qos: 1, payload: filler(32), pace: closedLoop, inflight: 1, ...publish },
    ...over,
  } as LoadPlan;
}

const templated = (text: string): Partial<PublishPlan> => ({ payload: { kind: 'template', text } });

async function message(plan: LoadPlan, client: number, sequence: number): Promise<IPublishPacket> {
  const asked = plan.publish?.payload;
  const hook = asked?.kind === 'hook' ? await loadHook(asked.file) : undefined;
  const out = new Outbox();
  publishTemplateOf(
    { plan, payload: payloadOf(plan), run: 9, firstClient: 0, hook, onFatal: () => {} },
    nameClient(plan, client),
    sequence,
  ).append(out, 1, sequence, 5, false);
  return new Promise((resolve) => {
    const reader = parser();
    reader.on('packet', (packet) => resolve(packet as IPublishPacket));
    reader.parse(out.take());
  });
}

describe('payloads', () => {
  it('of the user go out untouched', async () => {
    const text = 'a payload of more than twenty bytes, as it is';
    const plan = planOf({ payload: { kind: 'bytes', base64: Buffer.from(text).toString('base64') } });
    expect(String((await message(plan, 0, 7)).payload)).toBe(text);
  });

  it('of a template are made for each message', async () => {
    const plan = planOf(templated('{"id":"%c","n":%s,"t":%TIMESTAMP%,"u":"%UNIQUE%","site":"%{site}"}'), {
      feed: [{}, { site: 'north' }, {}],
    });
    const before = Date.now();
    const first = JSON.parse(String((await message(plan, 1, 4)).payload));
    const second = JSON.parse(String((await message(plan, 1, 5)).payload));
    expect(first).toMatchObject({ id: 'c1', n: 4, site: 'north' });
    expect(first.t).toBeGreaterThanOrEqual(before);
    expect(second.n).toBe(5);
    expect(second.u).not.toBe(first.u);
    expect(changesPerMessage(plan, nameClient(plan, 1))).toBe(true);
  });

  it('%rand_N in them is drawn for each message and place, the same again with the same seed', async () => {
    const plan = planOf(templated('%rand_1000 %rand_1000'), { seed: 1 });
    const draws = async (of = plan) =>
      (await Promise.all(Array.from({ length: 40 }, (_, i) => message(of, i % 2, i >> 1)))).map(({ payload }) =>
        String(payload).split(' ').map(Number),
      );
    const drawn = await draws();
    for (const number of drawn.flat()) expect(number >= 0 && number < 1000).toBe(true);
    expect(new Set(drawn.flat()).size).toBeGreaterThan(60);
    expect(drawn.filter(([first, second]) => first === second).length).toBeLessThan(3);
    expect(await draws()).toEqual(drawn);
    expect(await draws({ ...plan, seed: plan.seed + 1 })).not.toEqual(drawn);
  });

  it('tell the time in milliseconds, in seconds and as ISO 8601 has it', async () => {
    const { payload } = await message(planOf(templated('%TIMESTAMP% %TIMESTAMP_S% %TIMESTAMP_ISO%')), 0, 0);
    const [millis, seconds, iso] = String(payload).split(' ');
    expect(Math.abs(Number(millis) - Date.now())).toBeLessThan(60_000);
    expect(Math.abs(Number(seconds) - Number(millis) / 1000)).toBeLessThan(2);
    expect(iso).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('come from a hook, objects as JSON; a hook that is none is refused in words', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-hook-'));
    try {
      const file = join(folder, 'hook.mjs');
      writeFileSync(file, 'export default ({ client, sequence }) => ({ who: client.id, sequence });\n');
      const plan = planOf({ payload: { kind: 'hook', file, timeoutMicros: 10e6 } });
      expect(JSON.parse(String((await message(plan, 2, 3)).payload))).toEqual({
        who: 'c2',
        sequence: 3,
      });
      writeFileSync(join(folder, 'none.mjs'), 'export const x = 1;\n');
      await expect(loadHook(join(folder, 'none.mjs'))).rejects.toThrow(/no default export/);
      await expect(loadHook(join(folder, 'missing.mjs'))).rejects.toThrow(/load the hook/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a feeder', () => {
  it('replaces id, user, password and topic of each client', async () => {
    const feed: FeedRow[] = [
      { id: 'a', username: 'ann', password: 'secret', topic: 'home/%{room}', room: 'kitchen' },
      { id: 'b' },
      { id: 'c' },
    ];
    const plan = planOf({}, { feed, username: 'everyone-%i', password: 'p' });
    const options = (number: number) => sessionOptionsOf(plan, nameClient(plan, number), () => 0);
    expect(options(0)).toMatchObject({ clientId: 'a', username: 'ann', password: 'secret' });
    expect(options(1)).toMatchObject({ clientId: 'b', username: 'everyone-1', password: 'p' });
    expect((await message(plan, 0, 0)).topic).toBe('home/kitchen');
    expect((await message(plan, 1, 0)).topic).toBe('t/b');
  });

  it('reads CSV with quotes, commas and line breaks inside', () => {
    expect(csvRecords('id,note\r\n1,"a, ""b""\nc"\n\n2,\n')).toEqual([
      ['id', 'note'],
      ['1', 'a, "b"\nc'],
      ['2', ''],
    ]);
  });

  it('names the row that is wrong, and the file that is missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-feeder-'));
    try {
      writeFileSync(join(folder, 'bad.csv'), 'id,user\n1,a\n2\n');
      expect(() => readFeeder(folder, 'bad.csv')).toThrow(/bad\.csv, row 3: 1 fields, and the header has 2/);
      expect(() => readFeeder(folder, 'missing.csv')).toThrow(/read missing\.csv/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
