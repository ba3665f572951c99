import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tellSkipped } from '../helpers/skipped.js';

const folder = new URL('../../deploy/systemd/', import.meta.url).pathname;
const temporary = mkdtempSync(join(tmpdir(), 'mqbench-systemd-'));
afterAll(() => rmSync(temporary, { recursive: true }));

const works = spawnSync('systemd-analyze', ['--version']).status === 0;
const missing = tellSkipped('units of systemd', works ? undefined : 'there is no systemd-analyze');

/** What systemd says of a unit; programs that are not installed here are put where it finds them. */
function verify(name: string, change: (text: string) => string = (text) => text): string {
  const program = join(temporary, 'program');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  const text = readFileSync(join(folder, name), 'utf8').replace('/usr/sbin/nats-server', program);
  const path = join(temporary, name);
  writeFileSync(path, change(text));
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
  return stdout + stderr;
}

describe.skipIf(missing !== undefined)('deploy/systemd', () => {
  it.for(['mqbench-agent.service', 'mqbench-nats.service'])('%s is what systemd takes', (name) => {
    expect(verify(name)).toBe('');
  });

  it('would not pass with a setting that there is not', () => {
    expect(verify('mqbench-agent.service', (text) => text.replace('LimitNOFILE', 'LimitNFILE'))).toContain(
      'LimitNFILE',
    );
  });
});
