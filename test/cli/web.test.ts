import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startHere } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

const scenario = `title: A small fleet to look at
arms: [tcp]
network: none
load:
  clients: 5
  connectRate: 100/s
  subscribe: { topic: 'web/%c', qos: 1 }
  publish: { topic: 'web/%c', qos: 1, payload: 64, rate: 100/s }
  duration: 500ms
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
    const run = startHere(['run', 'small.yaml', '--web'], { cwd: folder });
    await run.sees(/Live view: \S+\n/);
    const url = /Live view: (\S+)\n/.exec(run.said())?.[1] ?? '';
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toMatch(/^text\/html\b/);
    const page = await response.text();
    expect(page).toContain('A small fleet to look at');
    const { code } = await run.ended;
    expect(code).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  }, 60_000);

  it('refuses what is no port before anything runs', async () => {
    expect(whole(await runCli(['run', 'small.yaml', '--web', 'eighty'], { cwd: folder }))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: --web: "eighty" is not a whole number from 0 to 65535"
    `);
  });
});
