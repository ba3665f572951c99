import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MqbenchError } from '../../../../../src/base/errors.js';
import { loadCommand } from '../../../../../src/cli/load/command.js';
import { readTopics } from '../../../../../src/cli/load/plan/topics.js';
import { nameClient, publishTopic } from '../../../../../src/load/client/naming.js';
import { checkFeeder } from '../../../../../src/load/feeder/check.js';
import { csvRecords, readFeeder } from '../../../../../src/load/feeder/read.js';
import type { LoadPlan, TopicPlan } from '../../../../../src/plan/plan.js';
import { fakeEnvironment } from '../../../../helpers/fake-environment.js';
import { fc } from '../../../../helpers/properties.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bounded = { numRuns: 400, interruptAfterTimeLimit: 3_000 };

/** What it makes of it; undefined: refused with exit code 2. Anything else that is thrown fails the test. */
function orRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MqbenchError && error.exitCode === 2) return undefined;
    throw error;
  }
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof MqbenchError && error.exitCode === 2) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}
const feeder = (text: string, name = 'users.csv') => readFeeder(folder, file(name, text));
const topics = (text: string) => readTopics(folder, file('topics.json', text));

/** The plan of a command line; nothing is dialled. */
async function planOf(...args: string[]): Promise<LoadPlan> {
  let seen: LoadPlan | undefined;
  const command = loadCommand(fakeEnvironment(folder), 'pub', '', async (_env, _name, plan) => {
    checkFeeder(plan);
    seen = plan;
  });
  await command.exitOverride().parseAsync(args, { from: 'user' });
  return seen as LoadPlan;
}

const piece = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(',', '"', '""', '\n', '\r\n', '\r', ';', '\t', '|', '\ufeff', '\0', '%{', '}', '%{id}', '#'),
  fc.constantFrom('[', ']', '{', '}', ':', 'null', '1e999', '-', '"id"', '__proto__', 'constructor', 'certfile'),
);
/** Texts that were right, with some of it replaced. */
const spoiled = (files: readonly string[]) =>
  fc.oneof(
    fc.tuple(fc.constantFrom(...files), fc.nat(), fc.nat(20), piece).map(([text, at, length, by]) => {
      const from = at % text.length;
      return text.slice(0, from) + by + text.slice(from + length);
    }),
    fc.array(piece).map((all) => all.join('')),
  );

const users = [
  'id,username,password,topic\na,ua,pa,t/a\nb,ub,pb,t/%{id}\n',
  '\ufeffid,#note,site\r\n"a, ""x""",1,s\r\nb,,"line\nbreak"\r\n',
  'id\tusername\na\tb\nc\td\n',
  '[{"id":"a","topic":"t/1"},{"id":"b","topic":"t/2","n":1.5,"o":{"x":[1,null]}}]',
];

describe('any text as a users file', () => {
  it('is rows, or exit code 2', () => {
    const name = fc.constantFrom('users.csv', 'users.tsv', 'users.json', 'users');
    fc.assert(
      fc.property(spoiled(users), name, (text, as) => {
        const rows = orRefused(() => feeder(text, as));
        for (const row of rows ?? []) for (const value of Object.values(row)) expect(typeof value).toBe('string');
      }),
      bounded,
    );
  });

  it('is a plan in which every variable of a row has its value, or exit code 2', async () => {
    await fc.assert(
      fc.asyncProperty(spoiled(users), fc.constantFrom('x/%{id}', 'x/%{site}/%i', '%{topic}'), async (text, topic) => {
        file('users.csv', text);
        const plan = await planOf('-c', '2', '-t', topic, '--feeder', 'users.csv').catch((error: unknown) =>
          orRefused((): undefined => {
            throw error;
          }),
        );
        if (plan === undefined) return;
        const clients = [0, 1].map((number) => nameClient(plan, number));
        expect(new Set(clients.map(({ id }) => id)).size).toBe(2);
        for (const client of clients) {
          const sent = publishTopic(plan, client);
          expect(sent).not.toBe('');
          // A value that looks like a variable is a value.
          if (!Object.values(client.row ?? {}).some((value) => value.includes('%{'))) expect(sent).not.toContain('%{');
        }
      }),
      bounded,
    );
  });
});

const names = ['id', 'username', 'password', 'topic', 'site', 'constructor', '__proto__', 'a b', 'ü'];
const cellText = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.array(piece, { maxLength: 3 }).map((all) => all.join('')),
  )
  .filter((text) => !/[\0\ufffd\ufeff]|[\ud800-\udfff]/u.test(text));
const table = fc
  .uniqueArray(fc.constantFrom(...names), { minLength: 2, maxLength: 4 })
  .chain((header) =>
    fc.tuple(fc.constant(header), fc.array(fc.tuple(...header.map(() => cellText)), { minLength: 1, maxLength: 4 })),
  );

describe('a users file that is right', () => {
  const inQuotes = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const needsQuotes = (text: string): boolean => /[",\r\n]/.test(text) || text !== text.trim();

  it('is read as it was written, as CSV with any line ends and quotes', () => {
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), ([header, rows], end, always) => {
        const line = (fields: readonly string[]) =>
          fields.map((text) => (always || needsQuotes(text) ? inQuotes(text) : text)).join(',');
        const text = [header, ...rows].map(line).join(end) + end;
        expect(csvRecords(text)).toEqual([header, ...rows]);
        expect(feeder(text).map((row) => Object.entries(row))).toEqual(
          rows.map((row) => header.map((name, i) => [name, row[i]])),
        );
      }),
      bounded,
    );
  });

  it('is read as it was written, as JSON', () => {
    fc.assert(
      fc.property(table, ([header, rows]) => {
        const objects = rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
        expect(feeder(JSON.stringify(objects), 'users.json').map((row) => Object.entries(row))).toEqual(
          objects.map((one) => Object.entries(one)),
        );
      }),
      bounded,
    );
  });

  it.each([
    [';', '";"'],
    ['\t', 'tabs'],
    ['|', '"|"'],
  ])('but separated by %j is named so, whatever is in it', (separator, called) => {
    fc.assert(
      fc.property(table, ([, rows]) => {
        const lines = rows.map((row) => row.join(separator));
        const text = [['id', 'username', 'site'].join(separator), ...lines].join('\n');
        expect(refusal(() => feeder(text))).toContain(`is separated by ${called}`);
      }),
      { ...bounded, numRuns: 100 },
    );
  });
});

describe('what would be something else without a word is refused', () => {
  it.each([
    ['id, username\na, b\n', 'users.csv, line 1: a field with spaces around it: " username"'],
    ['id,username\na, b\n', 'users.csv, line 2: a field with spaces around it: " b"'],
    ['id,username\na,x "y"\n', 'users.csv, line 2: a quote inside of a field without quotes: x "y"'],
    ['[{"id":"a"}]\n', 'users.csv is JSON'],
  ])('%j', (text, says) => {
    expect(refusal(() => feeder(text))).toContain(says);
  });

  it.each([
    ['[{"id":"a"},\n{"id":"b","id":"c"}]', 'users.json, line 2: "id" comes twice in one object'],
    ['[{"id":12345678901234567890}]', 'no number of JSON keeps all digits of 12345678901234567890'],
    ['[{"id":"a","n":1e999}]', 'no number of JSON keeps all digits of 1e999'],
    ['{"id":"a"}', 'is not a JSON array of objects'],
  ])('%j', (text, says) => {
    expect(refusal(() => feeder(text, 'users.json'))).toContain(says);
  });

  it.each([
    ['x/%{constructor}', 'id,site\na,b\n', '%{constructor} has no value in row 1'],
    ['x/%{a"b}', 'id,site\na,b\n', '%{a"b} has no value in row 1'],
    ['x/%{id}', 'id,topic\na,t/%{sit}\n', '%{sit} has no value in row 1'],
    ['x/%{site}', 'id,site\n,b\n', 'row 1 of the feeder has no id'],
  ])('-t %s with %j', async (topic, text, says) => {
    file('users.csv', text);
    await expect(planOf('-c', '1', '-t', topic, '--feeder', 'users.csv')).rejects.toThrow(says);
  });

  it.each(['constructor', '__proto__', 'toString'])('%s is no name of anything', async (word) => {
    await expect(planOf('-c', '1', '-t', 'a', '-V', word)).rejects.toThrow('is not an MQTT version');
    await expect(planOf(`${word}://host`, '-c', '1', '-t', 'a')).rejects.toThrow(
      /is not the URL of a broker: (there is no scheme|it cannot be read)/,
    );
    const plan = await planOf('-V', '5', '-c', '1', '-t', 'a', '--user-property', `${word}=1`);
    expect(Object.entries(plan.properties?.userProperties ?? {})).toEqual([[word, '1']]);
  });
});

const specs = [
  '{"topics":[{"name":"t/%i","interval_ms":"1000","QoS":1,"retain":true,"payload":{"vin":"%i","n":1.5},"inject_timestamp":"ms"}]}',
  '{"topics":[{"name":"a","size":40,"stream":2,"stream_priority":10},{"name":"b","payload":"text"},{"name":"c","payload":[1,2]}]}',
];

const templateOf = ({ payload }: TopicPlan): string => (payload.kind === 'template' ? payload.text : '');

describe('any text as a file of topics', () => {
  it('is topics, or exit code 2', () => {
    fc.assert(
      fc.property(spoiled(specs), (text) => {
        for (const { topic, qos, intervalMicros, payload } of orRefused(() => topics(text)) ?? []) {
          expect(topic).not.toMatch(/^$|[+#\0]/);
          expect([0, 1, 2]).toContain(qos);
          expect(intervalMicros).toBeGreaterThan(0);
          if (payload.kind === 'filler') expect(payload.bytes).toBeGreaterThanOrEqual(0);
        }
      }),
      bounded,
    );
  });

  it('of any JSON in its fields, too', () => {
    const field = fc.constantFrom(
      ...'name QoS interval_ms retain payload size inject_timestamp stream render'.split(' '),
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>('', ' ', '0x10', '1e3', '5', 1, 'a'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(field, value), { maxLength: 5 }), (fields) => {
        const spec = Object.fromEntries([['name', 'a'], ...fields]);
        const [plan] = orRefused(() => topics(JSON.stringify({ topics: [spec] }))) ?? [];
        if (plan === undefined) return;
        const text = (name: string) => (spec[name] === undefined ? undefined : String(spec[name]));
        expect(plan.topic).toBe(spec.name);
        expect(String(plan.intervalMicros / 1000)).toBe(text('interval_ms')?.replace(/^0+(?=\d)/, '') ?? '1000');
        const { payload } = plan;
        if (spec.size !== undefined)
          expect(String(payload.kind === 'filler' && payload.bytes)).toBe(text('size')?.replace(/^0+(?=\d)/, ''));
        if (spec.payload === undefined || [true, 'ms'].includes(spec.inject_timestamp as string)) return;
        const sent = typeof spec.payload === 'string' ? templateOf(plan) : JSON.parse(templateOf(plan));
        expect(sent).toEqual(JSON.parse(JSON.stringify(spec.payload)));
      }),
      bounded,
    );
  });

  it('with any payload under a timestamp has all of it, and the time in its place', () => {
    const payload = fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.json().map((text): unknown => JSON.parse(text)),
        fc.constant('%TIMESTAMP%'),
      ),
    );
    fc.assert(
      fc.property(payload, (given) => {
        const spec = { topics: [{ name: 'a', payload: given, inject_timestamp: true }] };
        const [plan] = orRefused(() => topics(JSON.stringify(spec))) ?? [];
        if (plan === undefined) return; // numbers that JSON does not keep
        const sent = templateOf(plan).replace('"timestamp":%TIMESTAMP%', '"timestamp":12');
        expect(JSON.parse(sent)).toEqual({ ...JSON.parse(JSON.stringify(given)), timestamp: 12 });
      }),
      bounded,
    );
  });

  it.each([
    ['{"topics":[{"name":"a"}],"topcs":[]}', 'nothing reads "topcs" beside "topics"'],
    ['{"topics":[{"name":"a","QoS":0,"QoS":1}]}', '"QoS" comes twice in one object'],
    ['{"topics":[{"name":"a","size":""}]}', '"size" is not a whole number'],
    ['{"topics":[{"name":"a","size":"0x10"}]}', '"size" is not a whole number'],
    [
      '{"topics":[{"name":"a","payload":[1],"inject_timestamp":true}]}',
      '"inject_timestamp" sets "timestamp" of a "payload"',
    ],
    [
      '{"topics":[{"name":"a","payload":"x","inject_timestamp":true}]}',
      '"inject_timestamp" sets "timestamp" of a "payload"',
    ],
    ['{"topics":[["a"]]}', 'topic 1: is not an object'],
    ['[]', 'has no "topics"'],
  ])('%s is refused', (text, says) => {
    expect(refusal(() => topics(text))).toContain(says);
  });
});
