import type { Where } from './expectation.js';

/** What a run is going to do, as far as it decides which numbers there can be. */
export interface Possible {
  readonly lab: boolean;
  readonly publishes: boolean;
  /** The highest QoS that anything is published with. */
  readonly qos: 0 | 1 | 2;
  readonly subscribes: boolean;
  /** Messages are requests. */
  readonly asks?: boolean;
  /** Messages of other programs are measured too. */
  readonly hearsOthers: boolean;
  /** Where this is what one of several fleets does: whether any of them publishes. Absent: it is all of the load. */
  readonly fleetsPublish?: boolean;
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
  if (possible.fleetsPublish !== undefined && ofCell.test(where.metric))
    return 'there is no such number, it is of the whole cell';
  return needs.find(([of, , isMet]) => of.test(where.metric) && !isMet(possible))?.[1];
}

/** What is counted of a broker, a machine or a link, which all fleets share. */
const ofCell = /^(wire|broker|machine)\.|^rate\.capacity$/;

/** Per family of metrics, what must be for it to be measured, and what is told where it is not; the first that is not counts. */
const needs: readonly [of: RegExp, says: string, isMet: (possible: Possible) => boolean][] = [
  [
    /^clients\.(survived|reconnected|lost|unknown)$/,
    'no event disturbs any client, so nothing becomes of one',
    ({ disturbed }) => disturbed,
  ],
  [/^rate\.capacity$/, 'there is no search', ({ search }) => search],
  [/\.suback$|^delivery\.|^rate\.received$|^messages\.missing$/, 'nobody subscribes', ({ subscribes }) => subscribes],
  [/^publish\.|^rate\.(offered|achieved)$/, 'nobody publishes', ({ publishes }) => publishes],
  [/^messages\.missing$/, 'nobody publishes', ({ publishes, fleetsPublish = publishes }) => fleetsPublish],
  [
    /^delivery\.|^rate\.received$|^messages\./,
    'nobody publishes',
    ({ publishes, hearsOthers, fleetsPublish, subscribes }) =>
      publishes || ((hearsOthers || fleetsPublish === true) && subscribes),
  ],
  [
    /^publish\.|^delivery\.|^rate\.(offered|achieved|received)$/,
    'there is no traffic: load.duration is 0',
    ({ traffic }) => traffic,
  ],
  [/^publish\.ack/, 'messages of QoS 0 are not acknowledged', ({ qos }) => qos > 0],
  [/^requests?\./, 'nobody asks (request)', ({ asks }) => asks === true],
  [/^wire\./, 'bytes are counted on the link of a lab, and there is none', ({ lab }) => lab],
  [/^(broker|machine)\..*cpu$/, 'the broker is not of this run', ({ roles }) => roles.includes('broker')],
];

function partNeverMeasured(part: string, path: readonly string[], { lab, roles }: Possible): string | undefined {
  const [first = ''] = path;
  if ((part === 'link' || part === 'calibration') && !lab) return `there is no lab, and so no ${part}`;
  if (part === 'link' && first !== 'up' && first !== 'down') return 'the directions of a link are up and down';
  if (part === 'resource' && !roles.includes(first))
    return `no role of this run is called "${first}"; there are: ${roles.join(', ')}`;
  return undefined;
}
