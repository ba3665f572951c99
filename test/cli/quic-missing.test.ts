import { describe, expect, it, vi } from 'vitest';
import { MqbenchError } from '../../src/base/errors.js';
import { runCli } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

vi.mock('../../src/transport/quic/native.js', async (original) => {
  const real = await original<typeof import('../../src/transport/quic/native.js')>();
  const missing = (): Promise<never> =>
    Promise.reject(new Error('Cannot find module quiche.node\nRequire stack:\n- /a/b.js'));
  return { ...real, loadNative: () => real.loadNative(missing) };
});

describe('a machine without the QUIC library', () => {
  it.each(['conn quic://127.0.0.1', 'pub --quic -t a', 'pubsub --transport quic'])(
    '%s: exit 3 before anything starts',
    async (args) => {
      const outcome = await runCli([...args.split(' '), '--insecure', '--duration', '1s']);
      expect(whole(outcome)).toMatchSnapshot();
    },
  );

  it('is told with a code', async () => {
    const { loadNative } = await import('../../src/transport/quic/native.js');
    await expect(loadNative()).rejects.toBeInstanceOf(MqbenchError);
    await expect(loadNative()).rejects.toMatchObject({ code: 'MQB_QUIC_UNAVAILABLE', exitCode: 3 });
  });
});
