import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitOf } from '../../../src/base/version.js';

describe('the commit of a checkout', () => {
  let folder: string;
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=e', ...args], { encoding: 'utf8' });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mqbench-commit-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function commit(): string {
    git('init', '-q');
    writeFileSync(join(folder, 'file'), 'one');
    git('add', '.');
    git('commit', '-q', '-m', 'x');
    git('tag', 'v1'); // a tag would hide it
    return git('rev-parse', 'HEAD').slice(0, 12);
  }

  it('is told, and that files were changed since', () => {
    const head = commit();
    expect(commitOf(folder)).toBe(head);
    writeFileSync(join(folder, 'file'), 'two');
    expect(commitOf(folder)).toBe(`${head}-dirty`);
  });

  it('is that of a worktree, as ab makes one', () => {
    const head = commit();
    git('worktree', 'add', '-q', '--detach', join(folder, 'tree'), 'HEAD');
    expect(commitOf(join(folder, 'tree'))).toBe(head);
  });

  it('is not that of the repository in which a package is installed', () => {
    commit();
    mkdirSync(join(folder, 'node_modules/mqbench'), { recursive: true });
    expect(commitOf(join(folder, 'node_modules/mqbench'))).toBeUndefined();
  });

  it('is unknown in a folder that is no repository, whatever its name says', () => {
    mkdirSync(join(folder, '.git'));
    expect(commitOf(folder)).toBeUndefined();
  });
});
