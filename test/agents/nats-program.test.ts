import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findNatsServer } from '../../src/agents/nats/server/program.js';

const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

describe('looking for nats-server', () => {
  function script(text: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-fake-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'nats-server');
    writeFileSync(path, `#!/bin/sh\necho ${text}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it('says where it looked and how to get it', async () => {
    await expect(findNatsServer(['no-nats-server'])).rejects.toMatchObject({
      code: 'MQB_NATS_START',
      exitCode: 3,
      message: 'there is no nats-server (looked for no-nats-server)',
      hint: expect.stringContaining('apt-get install nats-server'),
    });
  });

  it.for([
    ['nats-server: v2.9.10', '2.9.10'],
    ['nats-server: v2.12.0-RC.1', '2.12.0-RC.1'],
    ['nats-server: v3.0.0', '3.0.0'],
  ] as const)('takes one that says "%s"', async ([says, version]) => {
    const path = script(says);
    expect(await findNatsServer([path])).toEqual({ path, version });
  });

  it.for([
    ['nats-server: v2.8.4', 'is 2.8.4, and agents need nats-server 2.9 or newer'],
    ['hello', 'is no nats-server: asked for its version it says "hello"'],
  ] as const)('does not take one that says "%s"', async ([says, text]) => {
    await expect(findNatsServer([script(says)])).rejects.toThrow(text);
  });
});
