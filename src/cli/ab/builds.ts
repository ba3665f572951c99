import { existsSync } from 'node:fs';
import { access, constants, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { env, execPath } from 'node:process';
import type { Disposer } from '../../base/disposer.js';
import { MqbenchError, messageOf } from '../../base/errors.js';
import { entryPath, run } from '../../base/process/child.js';
import { commandWords } from '../../base/text/command-line.js';
import type { Described } from '../../scenario/resolve/brokers.js';
import { usage } from '../options/parsers.js';

const sideHint = 'e.g. --base main, or --base "node ../old/dist/main.js"';

/** One side of an A/B run: what is called, and how it is named in texts. */
export interface Build {
  readonly name: string;
  /** Program and leading arguments; `run <scenario> …` follows. */
  readonly command: readonly string[];
  /** What this side alone is told behind that. */
  readonly more?: readonly string[];
  /** The broker that this side is, where brokers are compared. */
  readonly broker?: Described;
}

/** This very mqbench. */
export function thisBuild(name: string): Build {
  return { name, command: [execPath, entryPath(import.meta.url, '../../main.js')] };
}

/**
 * A side from what the user wrote: a git ref of the repository around cwd is checked out
 * beside it and built; anything else is a command line.
 * @throws MQB_AB_BUILD when a ref cannot be built, MQB_USAGE when the command line is empty or has an open quote
 */
export async function buildOf(
  text: string,
  cwd: string,
  disposer: Disposer,
  note: (line: string) => void,
): Promise<Build> {
  const commit = await commitOf(text, cwd);
  if (commit === undefined) return { name: text, command: words(text) };
  note(`building ${text} (${commit.slice(0, 10)}) …`);
  try {
    return { name: `${text} (${commit.slice(0, 10)})`, command: await buildCommit(commit, cwd, disposer) };
  } catch (error) {
    throw new MqbenchError('MQB_AB_BUILD', `cannot build ${text} (${commit.slice(0, 10)}): ${messageOf(error)}`, {
      hint: 'build it elsewhere, and give the command that runs it, e.g. --base "node ../old/dist/main.js"',
      cause: error,
    });
  }
}

/**
 * @throws MQB_USAGE for what is neither a git ref of the repository around cwd nor a command line whose program is there
 */
export async function checkSide(text: string, cwd: string): Promise<void> {
  if ((await commitOf(text, cwd)) !== undefined) return;
  const [program] = words(text) as [string];
  const folders = program.includes('/') ? [cwd] : (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) if (await isProgram(resolve(folder, program))) return;
  throw usage(`neither a git ref of this repository nor a program: ${text}`, sideHint);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The commit of a git ref; undefined when it is none, or when there is no git or repository here. */
export async function commitOf(text: string, cwd: string): Promise<string | undefined> {
  if (/\s/.test(text) || text.startsWith('-')) return undefined;
  try {
    return (await run('git', ['-C', cwd, 'rev-parse', '--verify', '--quiet', `${text}^{commit}`])).trim();
  } catch {
    return undefined;
  }
}

/** A commit beside the checkout around cwd, until the disposer removes it. */
export async function checkOut(
  commit: string,
  cwd: string,
  disposer: Disposer,
): Promise<{ readonly top: string; readonly tree: string }> {
  const top = (await run('git', ['-C', cwd, 'rev-parse', '--show-toplevel'])).trim();
  const folder = await mkdtemp(join(tmpdir(), 'mqbench-ab-'));
  disposer.add(`folder ${folder}`, () => rm(folder, { recursive: true, force: true }));
  const tree = join(folder, 'tree');
  await run('git', ['-C', top, 'worktree', 'add', '--detach', tree, commit]);
  disposer.add(`worktree ${tree}`, async () => {
    await run('git', ['-C', top, 'worktree', 'remove', '--force', tree]);
  });
  return { top, tree };
}

async function buildCommit(commit: string, cwd: string, disposer: Disposer): Promise<string[]> {
  const { top, tree } = await checkOut(commit, cwd, disposer);
  const { name } = JSON.parse(await readFile(join(tree, 'package.json'), 'utf8')) as { name?: string };
  if (name !== 'mqbench') throw new Error(`the repository here is ${name ?? 'something'} and not mqbench`);
  await installPackages(top, tree);
  await run('npm', ['--prefix', tree, 'run', '--silent', 'build'], { timeoutMs: 300_000 });
  return [execPath, join(tree, 'dist/main.js')];
}

/** The packages of the checkout around it where they are the same ones, else an installation of its own. */
async function installPackages(top: string, tree: string): Promise<void> {
  const lock = (folder: string) => readFile(join(folder, 'package-lock.json'), 'utf8');
  const installed = join(top, 'node_modules');
  if ((await lock(top)) === (await lock(tree)) && existsSync(installed)) {
    await symlink(installed, join(tree, 'node_modules'));
  } else {
    await run('npm', ['--prefix', tree, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { timeoutMs: 600_000 });
  }
}

/** A command line as a list. @throws MQB_USAGE */
export function words(text: string): string[] {
  const found = commandWords(text);
  if (found === undefined)
    throw usage(`"${text}" is neither a git ref of this repository nor a command line`, sideHint);
  return found;
}
