import type { Where } from './expectation.js';

/** What a run is going to do, as far as it decides which numbers there can be. */
export interface Possible {
  readonly lab: boolean;
  readonly publishes: boolean;
  /** The highest QoS that anything is published with. */
  readonly qos: 0 | 1 | 2;
  readonly subscribes: boolean;
  /** Messages of other programs are measured too. */
  readonly hearsOthers: boolean;
  /** Time passes after the connects, in which something is published or waited for. */
  readonly traffic: boolean;
  /** Something happens after which it is asked what became of the clients. */
  readonly disturbed: boolean;
  readonly search: boolean;
  /** Roles whose resources are told. */
  readonly roles: readonly string[];
}

/** Why a number can never be there, whatever the run does; undefined: it may be. */
export function neverMeasured(where: Where, possible: Possible): string | undefined {
  if (where.kind === 'part') return partNeverMeasured(where.part, where.path, possible);
  // Of nothing there are 0.
  if (where.kind === 'distribution' && where.statistic === 'count') return undefined;
  return metricNeverMeasured(where.metric, possible);
}

/** Per family of metrics, what must be for it to be measured; the first that is not is told. */
const needs: readonly {
  readonly of: RegExp;
  readonly says: string;
  readonly isMet: (possible: Possible) => boolean;
}[] = [
  {
    of: /^clients\.(survived|reconnected|lost|unknown)$/,
    says: 'no event disturbs any client, so nothing becomes of one',
    isMet: ({ disturbed }) => disturbed,
  },
  { of: /^rate\.capacity$/, says: 'there is no search', isMet: ({ search }) => search },
  {
    of: /\.suback$|^delivery\.|^rate\.received$|^messages\.missing$/,
    says: 'nobody subscribes',
    isMet: ({ subscribes }) => subscribes,
  },
  {
    of: /^publish\.|^rate\.(offered|achieved)$|^messages\.missing$/,
    says: 'nobody publishes',
    isMet: ({ publishes }) => publishes,
  },
  {
    of: /^delivery\.|^rate\.received$|^messages\./,
    says: 'nobody publishes',
    isMet: ({ publishes, hearsOthers, subscribes }) => publishes || (hearsOthers && subscribes),
  },
  {
    of: /^publish\.|^delivery\.|^rate\.(offered|achieved|received)$/,
    says: 'there is no traffic: load.duration is 0',
    isMet: ({ traffic }) => traffic,
  },
  { of: /^publish\.ack/, says: 'messages of QoS 0 are not acknowledged', isMet: ({ qos }) => qos > 0 },
  { of: /^wire\./, says: 'bytes are counted on the link of a lab, and there is none', isMet: ({ lab }) => lab },
  {
    of: /^(broker|machine)\..*cpu$/,
    says: 'the broker is not of this run',
    isMet: ({ roles }) => roles.includes('broker'),
  },
];

function metricNeverMeasured(metric: string, possible: Possible): string | undefined {
  return needs.find(({ of, isMet }) => of.test(metric) && !isMet(possible))?.says;
}

function partNeverMeasured(part: string, path: readonly string[], { lab, roles }: Possible): string | undefined {
  const [first = ''] = path;
  if ((part === 'link' || part === 'calibration') && !lab) return `there is no lab, and so no ${part}`;
  if (part === 'link' && first !== 'up' && first !== 'down') return 'the directions of a link are up and down';
  if (part === 'resource' && !roles.includes(first))
    return `no role of this run is called "${first}"; there are: ${roles.join(', ')}`;
  return undefined;
}
