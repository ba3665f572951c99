import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { words } from '../../src/cli/ab/builds.js';
import { comingFromMarkdown, type PeerLine } from '../../src/cli/docs/coming-from.js';
import { readFirstWords } from '../../src/cli/first-words.js';
import { loadCommand } from '../../src/cli/load/command.js';
import type { LoadCommand, LoadFlags } from '../../src/cli/load/options/flags.js';
import { readLine } from '../../src/cli/peers/line.js';
import { peerWords } from '../../src/cli/peers/words.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { runCli } from '../helpers/cli.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';
import { whole } from '../helpers/steady.js';

const lines = JSON.parse(readFileSync(new URL('../fixtures/peer-lines.json', import.meta.url), 'utf8')) as PeerLine[];
const folder = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
writeFileSync(join(folder, 'msg.tpl'), '{"at":%TIMESTAMP%,"i":%i}');
afterAll(() => rmSync(folder, { recursive: true }));

/** What a command line would do, without doing it. */
async function meaning(line: string): Promise<{ plan: LoadPlan; flags: LoadFlags; notes: readonly string[] }> {
  const asked = readFirstWords(words(line));
  if (!('argv' in asked)) throw new Error('that is a page');
  const [name, ...args] = asked.argv;
  const { argv, notes } = readLine(name as LoadCommand, args);
  let seen: { plan: LoadPlan; flags: LoadFlags } | undefined;
  const command = loadCommand(fakeEnvironment(folder), name as LoadCommand, '', async (_env, _name, plan, flags) => {
    seen = { plan, flags };
  });
  await command.exitOverride().parseAsync([...argv], { from: 'user' });
  if (seen === undefined) throw new Error('nothing would run');
  return { ...seen, notes };
}

describe('a command line of emqtt-bench or MQTTX', () => {
  const accepted = lines.filter(({ means }) => means !== undefined);
  it.each(accepted)('$line means $means', async ({ line, means = '', note }) => {
    const theirs = await meaning(line);
    const ours = await meaning(means);
    // What is not told apart by the plan: the exporter, and whether progress is shown.
    const aside = ({ prometheus, quiet, duration }: LoadFlags) => ({ prometheus, quiet, duration });
    // Client ids are of each run its own, unless the line fixes them.
    const ofOneRun = ({ clientIdPrefix, ...plan }: LoadPlan) => ({
      ...plan,
      clientIdPrefix: clientIdPrefix.replace(/^(mqb(?:ench-[a-z]+)?)-[a-z0-9]{4}-$/, '$1-'),
    });
    expect(ofOneRun(theirs.plan)).toEqual(ofOneRun(ours.plan));
    expect(aside(theirs.flags)).toEqual(aside(ours.flags));
    expect(ours.notes).toEqual([]);
    if (note === undefined) expect(theirs.notes).toEqual([]);
    else expect(theirs.notes.join('\n')).toContain(note);
  });

  const wrong = lines.filter(({ refused }) => refused !== undefined);
  it.each(wrong)('$line is refused before anything runs: $refused', async ({ line, refused }) => {
    const said = whole(await runCli(words(line), { cwd: folder }));
    expect(said).toMatchSnapshot();
    expect(said).toContain(refused); // which docs/coming-from.md says of the line
  });

  it('is in the table for every word that is translated, ignored or refused', () => {
    const all = lines.flatMap(({ line }) => words(line));
    const missing = peerWords.filter(
      ({ names }) => !names.some((name) => all.includes(name) || all.some((a) => a.startsWith(`${name}=`))),
    );
    expect(missing.map(({ names }) => names.join(', '))).toEqual([]);
  });
});

describe('docs/coming-from.md', () => {
  it('is what the tables say; if not: npm run build && node scripts/docs/coming-from.mjs', () => {
    const written = readFileSync(new URL('../../docs/coming-from.md', import.meta.url), 'utf8');
    expect(written).toBe(comingFromMarkdown(lines));
  });
});
