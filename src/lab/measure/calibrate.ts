import { entryPath } from '../../base/process/child.js';
import { RoleHandle } from '../../base/process/role.js';
import type { Calibration } from '../contract.js';
import type { Holder } from '../holder.js';

/** Two processes that send numbered datagrams through the link and back: one in the client namespace, one in the server's. */
export class Echo {
  private constructor(
    private readonly client: RoleHandle,
    private readonly server: RoleHandle,
    private readonly host: string,
    private readonly port: number,
  ) {}

  static async open(holder: Holder, host: string): Promise<Echo> {
    const entry = entryPath(import.meta.url, './entry.js');
    const start = (place: 'client' | 'server') =>
      RoleHandle.start(`echo ${place}`, entry, (command, args, options) => holder.spawn(place, command, args, options));
    const client = start('client');
    const server = start('server');
    const port = await server.call<number>('listen', host, 15_000);
    return new Echo(client, server, host, port);
  }

  /** Sends `packets` datagrams of 64 bytes, one every `intervalMicros`, and waits for the answers. */
  measure(packets: number, intervalMicros: number): Promise<Calibration> {
    return this.client.call('measure', { host: this.host, port: this.port, packets, intervalMicros }, 120_000);
  }

  async close(): Promise<void> {
    await Promise.all([this.client.end(500), this.server.end(500)]);
  }
}
