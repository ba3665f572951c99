import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};

/** The version of mqbench, from package.json. */
export const version = manifest.version;

/**
 * The commit that a checkout stands at, e.g. `ef653dc1a2b3`, with `-dirty` behind it where files were changed since: builds of
 * one version are told apart by it. Undefined for an installed package, and without git.
 */
export function commitOf(folder = root): string | undefined {
  const gitFolder = join(folder, '.git');
  // A package lies in somebody else's repository as a rule, whose commit says nothing of it.
  if (!existsSync(gitFolder)) return undefined;
  const where = ['--no-optional-locks', `--git-dir=${gitFolder}`, `--work-tree=${folder}`];
  const asked = ['describe', '--always', '--dirty', '--exclude=*', '--abbrev=12'];
  try {
    return execFileSync('git', [...where, ...asked], { encoding: 'utf8', stdio: 'pipe', timeout: 5000 }).trim();
  } catch {
    return undefined;
  }
}
