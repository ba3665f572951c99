import { entryPath } from '../../base/process/child.js';
import { RoleHandle } from '../../base/process/role.js';
import type { Act } from '../contract.js';
import type { Holder } from '../holder.js';

export type FlowTable = Awaited<ReturnType<typeof openFlowTable>>;

/**
 * The NAT's table of flows, held open by a process of its own, so that forgetting happens when it is asked for.
 * @throws MQB_LAB_RIGHTS
 */
export async function openFlowTable(holder: Holder) {
  const entry = entryPath(import.meta.url, './entry.js');
  const role = RoleHandle.start('table of flows', entry, (...args) => holder.spawn('nat', ...args));
  await role.open('open', undefined, 15_000);
  return {
    /** Rejects when its process ends by itself. */
    failed: role.failed,
    /** Forgets the flows of these inner addresses of clients, or all flows. @returns when */
    forget: (sources?: readonly string[]) => role.call<Act>('forget', { sources }, 30_000),
    close: () => role.end(500),
  };
}
