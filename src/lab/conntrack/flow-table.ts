import { entryPath } from '../../base/process/child.js';
import { RoleHandle } from '../../base/process/role.js';
import type { Act } from '../contract.js';
import type { Holder } from '../holder.js';

/** The NAT's table of flows, held open by a process of its own, so that forgetting happens when it is asked for. */
export class FlowTable {
  /** Rejects when its process ends by itself. */
  readonly failed: Promise<never>;

  private constructor(private readonly role: RoleHandle) {
    this.failed = role.failed;
  }

  /** @throws MQB_LAB_RIGHTS */
  static async open(holder: Holder): Promise<FlowTable> {
    const role = RoleHandle.start(
      'table of flows',
      entryPath(import.meta.url, './entry.js'),
      (command, args, options) => holder.spawn('nat', command, args, options),
    );
    try {
      await role.call('open', undefined, 15_000);
    } catch (error) {
      await role.end(0);
      throw error;
    }
    return new FlowTable(role);
  }

  /**
   * Forgets flows, and says when.
   * @param sources inner addresses of the clients that they belong to; undefined: all flows
   */
  forget(sources?: readonly string[]): Promise<Act> {
    return this.role.call<Act>('forget', { sources }, 30_000);
  }

  close(): Promise<void> {
    return this.role.end(500);
  }
}
