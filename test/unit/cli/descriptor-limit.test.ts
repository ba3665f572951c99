import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchDescriptors } from '../../../src/cli/descriptor-limit.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = VirtualClock.start();
});
afterEach(() => clock.stop());

it('a process at its limit of descriptors says so once each time', async () => {
  let free = true;
  const said: string[] = [];
  const stop = watchDescriptors(
    (line) => said.push(line),
    () => {
      if (!free) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
    },
  );
  await clock.pass(3_000);
  expect(said).toEqual([]);
  free = false;
  await clock.pass(5_000);
  expect(said).toMatchInlineSnapshot(`
    [
      "all file descriptors that this process may have are in use: further clients are refused (ulimit -n raises it)",
    ]
  `);
  free = true;
  await clock.pass(1_000);
  free = false;
  await clock.pass(2_000);
  expect(said).toHaveLength(2);
  stop();
  free = true;
  await clock.pass(1_000);
});
