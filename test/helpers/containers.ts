import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const podman = (...args: string[]): string => execFileSync('podman', args, { encoding: 'utf8', stdio: 'pipe' });

/** A program with the libraries that it needs, below a folder that becomes an image. */
function putProgram(root: string, program: string, as: string): void {
  const libraries = spawnSync('ldd', [program], { encoding: 'utf8' }).stdout.match(/\/\S+/g) ?? [];
  for (const [from, to] of [[program, as], ...libraries.map((one) => [one, one])] as [string, string][]) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(from, join(root, to), { dereference: true });
  }
}

/** Builds an image from what is installed here: no registry is asked. */
export function buildImage(name: string, programs: Readonly<Record<string, string>>, lines: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-image-'));
  try {
    for (const [as, program] of Object.entries(programs)) putProgram(join(folder, 'root'), program, as);
    for (const one of ['root/tmp', 'root/etc']) mkdirSync(join(folder, one), { recursive: true });
    // mosquitto becomes one of them where it is not told who to be.
    writeFileSync(join(folder, 'root/etc/passwd'), 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n');
    writeFileSync(join(folder, 'root/etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
    writeFileSync(join(folder, 'Dockerfile'), ['FROM scratch', 'COPY root/ /', ...lines, ''].join('\n'));
    podman('build', '--quiet', '--network', 'none', '--tag', name, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const removeImage = (name: string): void => {
  podman('image', 'rm', '--force', name);
};

/** Containers of mqbench that there are, running or not, by their labels. */
export const ownContainers = (): string[] =>
  podman('ps', '-a', '--filter', 'label=io.mqbench.owner', '--format', '{{.ID}} {{.Labels}}')
    .split('\n')
    .filter(Boolean);

/**
 * Why containers cannot be run here; undefined: they can. Where the kernel's control groups are those of two versions at once, which crun
 * refuses, podman is told to use runc for this process and its children.
 * @param image of which `-h` ends well or not, but runs
 */
export function containersMissing(image: string, program: string | undefined): string | undefined {
  if (program === undefined) return 'mosquitto is not installed';
  try {
    podman('--version');
  } catch {
    return 'podman is not installed';
  }
  buildImage(image, { '/usr/sbin/mosquitto': program }, ['ENTRYPOINT ["/usr/sbin/mosquitto"]']);
  const first = tryRun(image);
  if (first === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-containers-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'containers.conf'), '[engine]\nruntime = "runc"\n');
  const before = process.env.CONTAINERS_CONF;
  process.env.CONTAINERS_CONF = join(folder, 'containers.conf');
  const second = existsSync('/usr/sbin/runc') ? tryRun(image) : 'runc is not installed';
  if (second === undefined) return undefined;
  if (before === undefined) delete process.env.CONTAINERS_CONF;
  else process.env.CONTAINERS_CONF = before;
  return `podman runs no container here: ${first}; with runc: ${second}`;
}

/** With limits that this process may set: those of podman are higher than some machines allow. */
function tryRun(image: string): string | undefined {
  const files = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const limits = ['--ulimit', `nofile=${files}:${files}`, '--ulimit', 'nproc=1024:1024'];
  const { stdout, stderr } = spawnSync('podman', ['run', '--rm', '--network', 'host', ...limits, image, '-h'], {
    encoding: 'utf8',
  });
  return stdout.includes('mosquitto version') ? undefined : stderr.trim().split('\n').at(-1);
}
