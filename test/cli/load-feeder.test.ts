import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvRecords, readFeeder } from '../../src/cli/load-feeder.js';
import type { LoadPlan } from '../../src/load/contract.js';
import { planFor } from '../../src/load/split.js';
import { createAuthority, issueLeaf } from '../../src/transport/certs.js';
import { runCli } from '../helpers/cli.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-feeder-'));
  const authority = await createAuthority();
  const leaf = await issueLeaf(authority, ['client.example']);
  const stranger = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const files = { 'leaf.pem': leaf.cert, 'leaf.key': leaf.key, 'other.key': String(stranger) };
  writeFileSync(join(folder, 'wrong-order.pem'), authority.cert + leaf.cert);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What `conn` or another command says to a feeder of this text; nothing is dialled. */
async function refusal(text: string, args = 'conn -c 2', file = 'clients.csv'): Promise<string> {
  writeFileSync(join(folder, file), text);
  const { code, stderr } = await runCli([...args.split(' '), '--feeder', file, '--duration', '1s'], { cwd: folder });
  expect(code, stderr).toBe(2);
  return stderr;
}

describe('a feeder that is not understood is refused before the start', () => {
  it.each([
    ['id;username\na;b\nc;d\n', /clients\.csv is separated by ";": its header would be 2 columns/],
    ['Id\tUsername\tPassword\na\tb\tc\nd\te\tf\n', /clients\.csv is separated by tabs: its header would be 3 columns/],
    ['id|username\na|b\nc|d\n', /separated by "\|"/],
    ['Id,Username\na,b\nc,d\n', /the columns "Id", "Username" of the feeder\n {2}→ did you mean id\?/],
    ['client_id\na\nb\n', /the column "client_id" of the feeder\n {2}→ did you mean id\?/],
    ['id,usrname\na,b\nc,d\n', /the column "usrname" of the feeder\n {2}→ did you mean username\?/],
    ['id,colour\na,b\nc,d\n', /the column "colour" of the feeder\n {2}→ columns with a meaning are id, username/],
    ['id,id\na,b\nc,d\n', /clients\.csv has the column "id" twice/],
    ['id,,username\na,b,c\nd,e,f\n', /column 2 has no name/],
    ['id,topic\na,"x\nb,y\n', /clients\.csv, line 2: a quote that is not closed/],
    ['id,topic\na,"x"y\nb,z\n', /clients\.csv, line 2: a quote that is not closed, or has something else/],
    ['id,username\na,b\n', /1 rows for 2 clients/],
    ['id,password\na,b\nc,d\n', /row 1 of the feeder has a password and no user name/],
    ['id\nx\u0000\ny\n', /is not text in UTF-8/],
  ])('%j', async (text, says) => {
    expect(await refusal(text)).toMatch(says);
  });

  it('topics that MQTT does not carry, of a row or filled with it', async () => {
    expect(await refusal('topic\na/+\nb\n', 'pub -c 2')).toMatch(
      /row 1 of the feeder: the topic "a\/\+" is a topic to publish to/,
    );
    expect(await refusal(`topic\na\n${'b'.repeat(70_000)}\n`, 'pub -c 2')).toMatch(
      /row 2 of the feeder: the topic "b+…" has more than 65535 bytes/,
    );
    expect(await refusal('site\na\nb#\n', 'pub -c 2 -t x/%{site}')).toMatch(/row 2 of the feeder: the topic "x\/b#"/);
    expect(await refusal('site\na\nb#\n', 'sub -c 2 -t x/%{site}')).toMatch(
      /row 2 of the feeder: the filter "x\/b#" is no filter/,
    );
    expect(await refusal('[{"topic":"a\\u0000b"}]', 'pub -c 1', 'nul.json')).toMatch(/has the character U\+0000 in it/);
  });

  it('a misspelt column in a pattern is answered with the nearest', async () => {
    expect(await refusal('id,site\na,b\nc,d\n', 'pub -c 2 -t x/%{sit}')).toMatch(/did you mean %\{site\}\?/);
  });

  it('certificates and keys of its rows that do not fit each other, with the row', async () => {
    const certs = (cert: string, key: string) => `id,certfile,keyfile\na,leaf.pem,leaf.key\nb,${cert},${key}\n`;
    expect(await refusal(certs('leaf.pem', 'other.key'), 'conn -S --insecure -c 2')).toMatch(
      /clients\.csv, row 2: leaf\.pem and other\.key: the key is not that of the certificate/,
    );
    expect(await refusal(certs('leaf.pem', ''), 'conn -S --insecure -c 2')).toMatch(
      /row 2: .*a certificate, and no key/,
    );
    expect(await refusal(certs('wrong-order.pem', 'leaf.key'), 'conn -S --insecure -c 2')).toMatch(
      /the key is that of certificate 2 of the file, which must be the first/,
    );
  });
});

describe('a feeder that is understood', () => {
  it('takes a byte order mark, comments, CR LF, and columns that something reads', () => {
    writeFileSync(join(folder, 'good.csv'), '\ufeffid,#note,site\r\na,x,"b, c"\r\n');
    expect(readFeeder(folder, 'good.csv')).toEqual([{ id: 'a', site: 'b, c' }]);
    writeFileSync(join(folder, 'good.json'), '\ufeff[{"id":1}]');
    expect(readFeeder(folder, 'good.json')).toEqual([{ id: '1' }]);
  });

  it('takes certificates and keys beside it', () => {
    writeFileSync(join(folder, 'certs.csv'), 'id,certfile,keyfile\na,leaf.pem,leaf.key\n');
    const [row] = readFeeder(folder, 'certs.csv');
    expect(row?.cert).toContain('BEGIN CERTIFICATE');
    expect(row?.key).toContain('PRIVATE KEY');
  });

  it('only needed rows are kept, and only a worker’s own travel to it', () => {
    const text = `id\n${Array.from({ length: 1000 }, (_, i) => `c${i}`).join('\n')}\n`;
    expect(csvRecords(text)).toHaveLength(1001);
    writeFileSync(join(folder, 'many.csv'), text);
    const feed = readFeeder(folder, 'many.csv', 3);
    expect(feed).toEqual([{ id: 'c0' }, { id: 'c1' }, { id: 'c2' }]);
    const plan = { feed, clients: 3 } as unknown as LoadPlan;
    expect(planFor(plan, { worker: 1, workers: 2 }).feed).toEqual([{}, { id: 'c1' }, {}]);
  });
});

describe('a certificate and key of the command line', () => {
  it.each([
    ['leaf.pem', 'other.key', /leaf\.pem and other\.key: the key is not that of the certificate/],
    ['wrong-order.pem', 'leaf.key', /wrong-order\.pem and leaf\.key: the key is that of certificate 2/],
  ])('%s and %s: refused before the start', async (cert, key, says) => {
    for (const transport of ['tls', 'quic', 'wss']) {
      const args = ['conn', '--transport', transport, '--insecure', '--cert', cert, '--key', key, '-c', '1'];
      const { code, stderr } = await runCli([...args, '--duration', '1s'], { cwd: folder });
      expect(code).toBe(2);
      expect(stderr).toMatch(says);
    }
  });
});

describe('topics of the command line and of files', () => {
  it.each([
    [['pub', '-t', 'a\u0000b'], /U\+0000/],
    [['pub', '-t', 'x'.repeat(70_000)], /more than 65535 bytes/],
    [['sub', '-t', 'a\u0000b'], /U\+0000/],
    [['conn', '--will-topic', 'a\u0000b'], /--will-topic .*U\+0000/],
  ] as [string[], RegExp][])('%#: exit 2', async (args, says) => {
    const { code, stderr } = await runCli([...args, '-c', '1', '--duration', '1s']);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });

  it('a file of topics may begin with a byte order mark, and its topics are held to the same rules', async () => {
    writeFileSync(
      join(folder, 'topics.json'),
      `\ufeff{"topics":[{"name":"a\\u0000b"},{"name":"${'x'.repeat(70_000)}"}]}`,
    );
    const { code, stderr } = await runCli(['pub', '--topics-payload', 'topics.json', '-c', '1'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/topic 1: "name" has the character U\+0000/);
    expect(stderr).toMatch(/topic 2: "name" has more than 65535 bytes/);
  });
});
