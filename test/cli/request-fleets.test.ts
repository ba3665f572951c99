import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Result } from '../../src/result/types.js';
import { runCli } from '../helpers/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-ask-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a fleet asks and another answers: every request is measured and none is left over', async () => {
  writeFileSync(
    join(folder, 'x.yaml'),
    `title: Asking and answering
arms: [tcp]
network: none
load: { mqttVersion: 5, duration: 1s, drain: 3s }
fleets:
  - { name: answering, clients: 1, subscribe: { topic: 'ask/#', qos: 1, respond: 32 } }
  - { name: asking, clients: 5, publish: { topic: ask/%i, qos: 1, rate: 100/s, request: true } }
expect: ['request.rtt.count == 100', 'requests.unanswered == 0']
`,
  );
  const outcome = await runCli(['run', 'x.yaml', '--out', 'out'], { cwd: folder });
  const [name = ''] = readdirSync(join(folder, 'out'));
  const { cells } = JSON.parse(readFileSync(join(folder, 'out', name, 'result.json'), 'utf8')) as Result;
  expect(cells[0]?.counters).toMatchObject({ 'requests.answered': 100, 'responses.sent': 100 });
  expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
});
