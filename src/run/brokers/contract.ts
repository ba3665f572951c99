import type { BrokerPeer, BrokerStats } from '../../broker/contract.js';
import type { ProcessorUse } from '../../metrics/resources.js';
import type { RemoteAddress } from '../../scenario/brokers/spec.js';
import type { TransportName } from '../../transport/contract.js';
import type { Watched } from '../watch.js';
import type { PathReading } from './path.js';
import type { SysCounts } from './sys.js';

/** Where clients find a broker. */
export interface Reachable {
  readonly addresses: Partial<Record<TransportName, RemoteAddress>>;
  /** What they must trust, PEM; undefined: what Node.js trusts. */
  readonly ca?: string;
  /** Whom its certificate is of, where that is not the host that is dialled. */
  readonly serverName?: string;
  /** Its certificate is not checked. */
  readonly insecure?: boolean;
}

/** What the clients of a cell talk to, whoever made it. What cannot be had of it is undefined, and never 0. */
export interface CellBroker {
  readonly ready: Reachable;
  /** As whom clients connect; undefined: as nobody. */
  readonly login?: { readonly username?: string; readonly password?: string };
  /** Rejects with MQB_ROLE_DIED when it ends without having been told to; never resolves. */
  readonly failed: Promise<never>;
  /** Its process, for who looks after those that stand still; undefined where it is not ours. */
  readonly watched: Watched | undefined;
  /** A process that is not ours, below which it runs for us alone: who keeps its container. */
  readonly apart?: number | undefined;
  /** What each of its processes has used. */
  processorUse(): Promise<readonly ProcessorUse[] | undefined>;
  /** Processor time of each of its threads, microseconds by number; undefined where one is all it has. */
  threads(): ReadonlyMap<number, number> | undefined;
  /** What only mqbench's own broker tells of itself. */
  stats(): Promise<BrokerStats | undefined>;
  /** By how much its own counts below $SYS have grown since the cell began; undefined where it has none, or is mqbench's own. */
  grown?(): Promise<SysCounts | undefined>;
  /** Where it sees its clients; none where it does not tell. */
  peers(): Promise<readonly BrokerPeer[]>;
  /** Of one that runs elsewhere, seen from a lab: how long the way is from this host to it. */
  path?(): PathReading;
  /** What it has printed. */
  log(): string | undefined;
  /** Ends it. Idempotent. */
  close(): Promise<void>;
}
