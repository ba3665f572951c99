import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './pages.js';

/** A command as the shell starts it: the program and its arguments, quotes and variables resolved. */
export type Started = readonly [program: string, ...args: string[]];

/** Programs that are what they are: they make folders and cut texts, and nothing outside the sandbox hears of them. */
const real = ['mkdir', 'seq', 'cat', 'head', 'tail', 'sed', 'sort', 'grep', 'uname', 'tee', 'sh', 'env'];
/** Programs that run another one, which is what counts. */
const passOn = ['sudo', 'npx', 'exec', 'timeout', 'nice', 'time'];

/** One write each, so that commands that run at the same time do not mix. */
const noting = `log() { printf '%s\\037' "$@" "$(printf '\\036')" >> "$STARTED"; }`;

/** Under each name a program that notes how it was called and does nothing else. */
function shims(programs: readonly string[]): [string, string][] {
  const note = (name: string): string => `#!/bin/sh\n${noting}\nlog ${name} "$@"\n`;
  return [
    ...programs.map((name): [string, string] => [name, note(name)]),
    ...passOn.map((name): [string, string] => [
      name,
      // Options of the wrapper and the time of timeout are not the command.
      `#!/bin/sh\nwhile :; do case "$1" in -*|[0-9]*) shift;; *) break;; esac; done\nexec "$@"\n`,
    ]),
    [
      'node',
      `#!/bin/sh\ncase "$1" in */dist/main.js|dist/main.js) shift; exec mqbench "$@";; esac\n${noting}\nlog node "$@"\n`,
    ],
    ['sleep', '#!/bin/sh\n'],
    ['git', `#!/bin/sh\n${noting}\nlog git "$@"\necho main\n`],
  ];
}

/**
 * A folder in which shell scripts of the documentation are run by the real shell, with programs that only note how they
 * were called. So quotes, variables, loops and pipes are what the shell makes of them, and nothing happens.
 */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'mqbench-docs-'));
  private readonly bin = join(this.folder, '.bin');

  /** @param programs that may occur; any other is an error @param scripts of the repository, by their paths in it */
  constructor(programs: readonly string[], scripts: readonly string[]) {
    for (const [name, text] of shims(programs)) this.program(join(this.bin, name), text);
    for (const name of real) symlinkSync(where(name), join(this.bin, name));
    for (const path of scripts) {
      this.program(join(this.folder, path), `#!/bin/sh\n${noting}\nlog ${path} "$@"\n`);
    }
  }

  /** A file that commands of the documentation read, or run. */
  file(path: string, text: string): void {
    this.program(join(this.folder, path), text);
  }

  /** A copy of a file or folder of the repository. */
  copy(from: string, to: string): void {
    cpSync(join(root, from), join(this.folder, to), { recursive: true });
  }

  /** @throws when the shell cannot read the script, or it calls a program that is not known here */
  run(script: string): Started[] {
    const started = join(this.folder, '.started');
    rmSync(started, { force: true });
    const { stderr } = spawnSync('/bin/sh', ['-c', script], {
      cwd: this.folder,
      env: { PATH: this.bin, STARTED: started, HOME: this.folder, CI_MERGE_REQUEST_DIFF_BASE_SHA: 'main' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: 20_000,
    });
    const wrong = stderr.split('\n').filter((line) => /not found|[Ss]yntax error|unexpected/.test(line));
    if (wrong.length > 0) throw new Error(`${wrong.join('\n')}\n${script}`);
    return startedIn(started);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private program(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }
}

function startedIn(file: string): Started[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // nothing was
  }
  return text
    .split('\x1e\x1f')
    .filter((entry) => entry !== '')
    .map((entry) => entry.split('\x1f').slice(0, -1) as unknown as Started);
}

function where(name: string): string {
  const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  return stdout.trim();
}
