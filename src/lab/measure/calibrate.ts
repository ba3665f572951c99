import { entryPath } from '../../base/process/child.js';
import { RoleHandle } from '../../base/process/role.js';
import type { Calibration } from '../contract.js';
import type { Holder } from '../holder.js';

export type Echo = Awaited<ReturnType<typeof openEcho>>;

/** Two processes that send numbered datagrams through the link and back: one in the client namespace, one in the server's. */
export async function openEcho(holder: Holder, host: string) {
  const entry = entryPath(import.meta.url, './entry.js');
  const start = (place: 'client' | 'server') =>
    RoleHandle.start(`echo ${place}`, entry, (...args) => holder.spawn(place, ...args));
  const [client, server] = [start('client'), start('server')];
  const port = await server.call<number>('listen', host, 15_000);
  return {
    /** Sends `packets` datagrams of 64 bytes, one every `intervalMicros`, and waits for the answers. */
    measure: (packets: number, intervalMicros: number) =>
      client.call<Calibration>('measure', { host, port, packets, intervalMicros }, 120_000),
    close: async () => void (await Promise.all([client.end(500), server.end(500)])),
  };
}
