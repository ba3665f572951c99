import { nowMicros } from '../../base/clock.js';
import { serveRole } from '../../base/process/role.js';
import type { Act } from '../contract.js';
import { addressBytes, Conntrack } from './netlink.js';

// Waits in the NAT's namespace with the table of flows open, and forgets flows when it is told to.

let table: Conntrack | undefined;

serveRole({
  open: (): void => {
    table = new Conntrack();
  },
  /** @param sources inner addresses of the clients whose flows go; undefined: all flows */
  forget: ({ sources }: { sources?: readonly string[] }): Act => {
    const open = table as Conntrack;
    const wanted = sources && new Set(sources.map(addressBytes));
    const flows = wanted && open.flows().filter(({ source }) => wanted.has(source));
    const beganMicros = nowMicros();
    if (flows) for (const flow of flows) open.forget(flow);
    else open.flush();
    return { beganMicros, endedMicros: nowMicros() };
  },
});
