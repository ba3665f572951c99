import { formatShare } from '../../base/units.js';
import { generatorAdvice } from '../../load/doubts/generator.js';
import type { Doubt, PhaseUse } from '../../result/types.js';
import { coresOfOthers } from '../usage/machine.js';

/** Above this share of its core a process is called saturated: queues grow without bound towards 1. */
const saturated = 0.9;
/** All cores together; the last percents are never used up, as processes wait for one another. */
const machineSaturated = 0.95;
/** A hypervisor that takes more than this of the processors delays by more than the tails that percentiles show. */
const stolenLimit = 0.02;
/** A quota that runs out stops everything for up to a period, 100 ms as a rule: more seldom than this no percentile shows it. */
const throttledLimit = 0.01;
/** Other programs with this share of a full machine are named: without them it would not have been full. */
const othersShare = 0.2;
/** /proc counts in steps of 10 ms: in less time a share is a guess. */
const shortestMicros = 1_000_000;

/** One reason to distrust a part of a cell, and how it is found there. */
interface Judge {
  readonly code: Doubt['code'];
  readonly limit: number;
  share(phase: PhaseUse): number;
  /** What was found, without where. */
  words(share: number, phase: PhaseUse): string;
  advice(phase: PhaseUse): string;
}

const lower = 'lower the rate: latencies at saturation only measure queues';
const ofLink = 'lower the rate: a link that cannot keep up delays and drops more than was asked of it';
/** Roles that have a core each at most. */
const roles = [
  ['load', 'generator-bound', 'a generator process', generatorAdvice],
  ['broker', 'broker-bound', 'the broker', lower],
  ['nginx', 'broker-bound', 'nginx', lower],
  ['gateway', 'broker-bound', 'the gateway', lower],
  ['emulator', 'emulator-bound', 'the emulated link', ofLink],
] as const;

const judges: readonly Judge[] = [
  ...roles.map(([role, code, who, advice]) => ({
    ...{ code, limit: saturated, share: shareOf(role), advice: () => advice },
    words: (share: number) => `${who} used ${formatShare(share)} of a core`,
  })),
  {
    code: 'machine-bound',
    limit: machineSaturated,
    share: ({ machineShare }) => machineShare ?? 0,
    words: machineWords,
    advice: (phase) =>
      byOthers(phase) === 'mostly'
        ? 'end the other programs, or measure on a machine that they do not share: the roles waited for them'
        : 'lower the rate or the number of clients, or take more cores: the roles waited for one another',
  },
  {
    code: 'cpu-throttled',
    limit: throttledLimit,
    share: ({ machine }) => (machine?.quota?.periods ? machine.quota.throttled / machine.quota.periods : 0),
    words: (share, { machine }) =>
      `the quota of ${machine?.quota?.cores} processors that this container or service has ran out in ${formatShare(share)} of its periods`,
    advice: () => 'give it more processor time (docker --cpus, limits.cpu, CPUQuota=), or lower the rate',
  },
  {
    code: 'processor-stolen',
    limit: stolenLimit,
    share: ({ machine }) => (machine?.totalMicros ? machine.stolenMicros / machine.totalMicros : 0),
    words: (share) => `the hypervisor gave ${formatShare(share)} of this machine's processor time to others`,
    advice: () => 'measure on a machine that is not shared: latencies hold waits that no program of this run caused',
  },
];

/**
 * Who ran out of processor time in which part of the cell: the generator, the broker, nginx in front of it, or the machine
 * that all roles share; and what the hypervisor took of it. Its mean over the whole cell would hide it, so a doubt is
 * about connecting, about one measure window, or about the traffic as a whole.
 * @param windows names of the measure windows; every other phase is a part of no window
 * @param told what the generator has said of itself, which is not said twice
 */
export function boundDoubts(
  phases: readonly PhaseUse[],
  windows: readonly string[] = [],
  told: readonly Doubt[] = [],
): Doubt[] {
  const long = phases.filter(({ durationMicros }) => durationMicros >= shortestMicros);
  const found = judges.flatMap((judge) => judged(judge, long, windows));
  const known = (doubt: Doubt): boolean =>
    told.some(({ code, phase, window }) => code === doubt.code && phase === doubt.phase && window === doubt.window);
  return found.filter((doubt) => !known(doubt));
}

function judged(judge: Judge, phases: readonly PhaseUse[], windows: readonly string[]): Doubt[] {
  const doubt = (about: Pick<Doubt, 'phase' | 'window'>, of: readonly PhaseUse[]): Doubt[] => {
    const [first, ...others] = of;
    if (first === undefined) return [];
    const further = others.map((phase) => `, ${formatShare(judge.share(phase))} in "${phase.name}"`).join('');
    const message = `${judge.words(judge.share(first), first)} in "${first.name}"${further}`;
    return [{ code: judge.code, ...about, message, advice: judge.advice(first) }];
  };
  const over = phases.filter((phase) => judge.share(phase) > judge.limit);
  const isTraffic = ({ name }: PhaseUse): boolean => name !== 'connect';
  const connecting = over.filter((phase) => !isTraffic(phase));
  const traffic = over.filter(isTraffic);
  const inWindows = traffic.filter(({ name }) => windows.includes(name));
  // The whole is spoiled by a part that is in no window, and where its own mean is above the limit.
  const isWhole = inWindows.length < traffic.length || meanShare(judge, phases.filter(isTraffic)) > judge.limit;
  return [
    ...doubt({ phase: 'connect' }, connecting),
    ...doubt({}, isWhole ? traffic : []),
    ...inWindows.flatMap((phase) => doubt({ window: phase.name }, [phase])),
  ];
}

/** Of the phases together; each counts by its length. */
function meanShare({ share }: Judge, phases: readonly PhaseUse[]): number {
  const micros = phases.reduce((sum, { durationMicros }) => sum + durationMicros, 0);
  return phases.reduce((sum, phase) => sum + share(phase) * phase.durationMicros, 0) / micros;
}

function shareOf(name: string): (phase: PhaseUse) => number {
  return ({ resources, durationMicros }) => {
    const role = resources.find((one) => one.role === name);
    return role ? (role.busiestMicros ?? role.cpuUserMicros + role.cpuSystemMicros) / durationMicros : 0;
  };
}

/** How much of a full machine other programs had. */
function byOthers(phase: PhaseUse): 'mostly' | 'partly' | 'hardly' {
  const others = coresOfOthers(phase);
  if (phase.machine === undefined || others === undefined || others < othersShare * phase.machine.cores)
    return 'hardly';
  const used = (phase.machineShare ?? 0) * phase.machine.cores;
  return others >= used / 2 ? 'mostly' : 'partly';
}

function machineWords(share: number, phase: PhaseUse): string {
  const all = `${formatShare(share)} of all its cores`;
  const together = `everything on this machine together used ${all}`;
  const { cores = 0 } = phase.machine ?? {};
  const programs = `other programs used ${coresOfOthers(phase)?.toFixed(1)} of ${cores} cores`;
  const [mostly, partly] = [`${programs}, and the machine was full (${all})`, `${together} (${programs} of it)`];
  return { mostly, partly, hardly: together }[byOthers(phase)];
}
