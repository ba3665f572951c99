import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { isMarked, type Mark, newMark } from '../helpers/family.js';
import { availableBackends, networkNamespaces } from './conditions.js';

const backends = await availableBackends();

// A main process of its own, to be killed: opens a lab with a program at either end, reports the process ids, and
// then how it ended.
const mainProcess = (backend: string): string => `
  import { openLab } from ${JSON.stringify(new URL('../../dist/lab/lab.js', import.meta.url).href)};
  const lab = await openLab({ backend: ${JSON.stringify(backend)}, profile: { up: {}, down: {} }, seed: 1 });
  const ends = ['client', 'server'].map((place) =>
    lab.spawn(place, process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }));
  lab.failed.catch(async (error) => {
    process.send({ failed: error.message, code: error.code });
    process.send({ left: await lab.close() });
    process.disconnect();
  });
  process.send({ roles: lab.roles });
  process.on('message', async () => {
    await lab.close();
    process.disconnect();
  });
`;

interface Story {
  readonly main: ChildProcess;
  /** Every process of the lab, and the network namespaces, as the host sees them. */
  readonly pids: number[];
  readonly namespaces: string[];
  readonly mark: Mark;
  readonly roles: { holder: number; emulator?: number };
  readonly messages: { failed?: string; code?: string }[];
}

let running: ChildProcess | undefined;
afterEach(() => running?.kill('SIGKILL'));

/** All descendants, from /proc. */
function descendants(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const own = existsSync(path) ? readFileSync(path, 'utf8').trim().split(' ').filter(Boolean).map(Number) : [];
  return own.flatMap((child) => [child, ...descendants(child)]);
}

/** Gone, or dead and only waiting for its parent to take notice. */
function isGone(pid: number): boolean {
  try {
    return /^\S+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

async function begin(backend: string): Promise<Story> {
  const mark = newMark();
  const main = spawn(process.execPath, ['--input-type=module', '-e', mainProcess(backend)], {
    env: { ...process.env, ...mark },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running = main;
  const messages: { failed?: string; code?: string }[] = [];
  main.on('message', (message) => messages.push(message as { failed?: string }));
  const [{ roles }] = (await once(main, 'message')) as [{ roles: Story['roles'] }];
  const pids = descendants(main.pid!);
  const owned = new Set(pids.map(String));
  const namespaces = networkNamespaces()
    .filter((line) => owned.has(line.trim().split(/\s+/)[1]!))
    .map((line) => line.trim().split(/\s+/)[0]!);
  return { main, pids, namespaces, mark, roles, messages };
}

/** Waits, at most 5 s, until no process and no namespace of the lab is left. */
async function nothingLeft({ pids, namespaces, mark }: Story): Promise<void> {
  const end = Date.now() + 5000;
  const isLeft = (line: string): boolean => {
    const [namespace = '', pid = ''] = line.trim().split(/\s+/);
    return namespaces.includes(namespace) && isMarked(pid, mark); // another lab's may have the number by now
  };
  const left = (): string[] => [
    ...pids.filter((pid) => !isGone(pid)).map((pid) => `process ${pid}`),
    ...networkNamespaces().filter(isLeft),
  ];
  while (left().length > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(left()).toEqual([]);
}

describe.each(backends)('of a lab with backend %s nothing is left', (backend) => {
  test('after close', async () => {
    const story = await begin(backend);
    expect(story.namespaces.length).toBeGreaterThanOrEqual(3);
    story.main.send({});
    await once(story.main, 'exit');
    await nothingLeft(story);
  });

  test('after kill -9 of the main process', async () => {
    const story = await begin(backend);
    story.main.kill('SIGKILL');
    await nothingLeft(story);
  });

  test('after kill -9 of the holder, and the main process ends with a clear error', async () => {
    const story = await begin(backend);
    process.kill(story.roles.holder, 'SIGKILL');
    await once(story.main, 'exit');
    expect(story.messages[1]?.code).toBe('MQB_LAB_DIED');
    expect(story.messages[1]?.failed).toContain('SIGKILL');
    expect(story.messages[2]).toEqual({ left: [] });
    await nothingLeft(story);
  });

  test.runIf(backend === 'tun')(
    'after kill -9 of the emulator, and the main process ends with a clear error',
    async () => {
      const story = await begin(backend);
      const emulator = descendants(story.roles.emulator!)[0]!; // spawn's child enters the namespaces, its child is the program
      process.kill(emulator, 'SIGKILL');
      await once(story.main, 'exit');
      expect(story.messages[1]?.code).toBe('MQB_ROLE_DIED');
      expect(story.messages[1]?.failed).toContain('link emulator');
      await nothingLeft(story);
    },
  );
});
