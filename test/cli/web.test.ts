import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli } from '../helpers/cli.js';

const scenario = `title: A small fleet to look at
arms: [tcp, tls]
network: none
load:
  clients: 5
  connectRate: 100/s
  subscribe: { topic: 'web/%c', qos: 1 }
  publish: { topic: 'web/%c', qos: 1, payload: 64, rate: 100/s }
  duration: 1s
  drain: 500ms
`;

describe('mqbench run --web', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mqbench-web-'));
    await writeFile(join(folder, 'small.yaml'), scenario);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('serves the running experiment until it ends, and ends with it', async () => {
    const run = startCli(['run', 'small.yaml', '--web'], { cwd: folder });
    let said = '';
    run.child.stderr?.on('data', (text: string) => {
      said += text;
    });
    await run.sees('tcp@loopback: done');
    const url = /Live view: (\S+)/.exec(said)?.[1] ?? '';
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toContain('text/html');
    const page = await response.text();
    expect(page).toContain('A small fleet to look at');
    const { code } = await run.ended;
    expect(code).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  }, 60_000);

  it('refuses what is no port before anything runs', async () => {
    const { code, stderr } = await runCli(['run', 'small.yaml', '--web', 'eighty'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain('"eighty" is not a port');
  });
});
