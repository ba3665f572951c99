import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { clockIdentity } from '../../../src/base/clock-identity.js';

const file = new URL('../../../dist/base/clock-identity.js', import.meta.url).href;
const script = `import { clockIdentity } from '${file}'; console.log(clockIdentity());`;

/** What another process says. @param inside a command that runs it */
function other(...inside: string[]): number {
  const words = [...inside, process.execPath, '--input-type=module', '-e', script];
  return Number(execFileSync(words[0] as string, words.slice(1), { encoding: 'utf8' }));
}

const timeNamespaces = (() => {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', '--time', '--fork', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('the identity of the clock', () => {
  it('is the same for all processes of a machine, 48 bits', () => {
    expect(other()).toBe(clockIdentity());
    expect(clockIdentity()).toBeGreaterThanOrEqual(0);
    expect(clockIdentity()).toBeLessThan(2 ** 48);
  });

  it.runIf(timeNamespaces)('is another one in a time namespace, whose clock is set otherwise', () => {
    const inside = other('unshare', '--user', '--map-root-user', '--time', '--monotonic', '500', '--fork');
    expect(inside).not.toBe(clockIdentity());
    expect(inside).toBeGreaterThan(0);
  });

  it.runIf(timeNamespaces)('is the same in namespaces of other kinds', () => {
    expect(other('unshare', '--user', '--map-root-user', '--net', '--mount', '--fork')).toBe(clockIdentity());
  });
});
