import { type DoubtCode, doubtCodes } from './types.js';

/** What a doubt says to whoever meets it, beside its one line in `doubtCodes`. */
export interface DoubtMeaning {
  /** Which numbers it spoils, and which way. */
  readonly spoils: string;
  /** What to change. */
  readonly remedy: string;
}

const queue = 'Latencies hold waiting that is not the path’s';

/** Of every doubt; docs/doubts.md is made of it. */
export const doubtMeanings: Readonly<Record<DoubtCode, DoubtMeaning>> = {
  'late-sends': {
    spoils: `${queue}: they count from when a publish was due, and the generator wrote it later. Raw latencies, from the write, do not.`,
    remedy: 'Lower the rate, or take more --workers.',
  },
  'loop-delay': {
    spoils: 'Every latency: what came while the event loop was held up was read as late as it was held up.',
    remedy: 'Lower the rate or the number of clients, or take more --workers.',
  },
  'generator-bound': {
    spoils: 'All latencies and rates: they are the generator’s, not those of broker or path.',
    remedy: 'Take more --workers on more cores, or lower the load.',
  },
  'broker-bound': {
    spoils:
      'Differences between arms: what is compared is how much processor a transport costs the broker, not the path.',
    remedy: 'Lower the load until the broker has room, unless that cost is the question.',
  },
  'machine-bound': {
    spoils: 'All latencies and rates: the roles waited for a processor.',
    remedy: 'Lower the load, end other programs, or take a machine with more cores.',
  },
  'rate-missed': {
    spoils:
      'Latencies, which are those of a queue that grows as long as the run lasts; a longer run would show larger ones.',
    remedy: 'Lower the rate below what was achieved; when clients were lost, find out why first.',
  },
  'impairment-unseen': {
    spoils: 'Everything that is said of this network: nobody saw that it was damaged as asked.',
    remedy: 'Run longer, so that rare losses show, or try the other lab backend.',
  },
  'event-unseen': {
    spoils: 'Everything that is said of this event: it may not have happened.',
    remedy: 'Look at the proof of the event in result.json; try it by hand with `mqbench lab event`.',
  },
  'calibration-off': {
    spoils: 'All latencies of the cell, by about as much as the measured network differs from the one asked for.',
    remedy: 'Keep other programs off the machine, or try the other lab backend.',
  },
  'few-samples': {
    spoils: 'The percentile that is named: a handful of samples decides it, so another run may show quite another one.',
    remedy: 'Run longer, at a higher rate, or with more clients; or read a lower percentile.',
  },
  'clients-missing': {
    spoils: 'Rates, counts and costs per client: fewer clients did the work than were asked for.',
    remedy: 'See the errors of the cell for why they did not connect.',
  },
  'unequal-terms': {
    spoils: 'Differences between the arms: a part of them is the difference in settings.',
    remedy: 'Make the settings equal where that can be, or name them with the result.',
  },
  'late-dials': {
    spoils: `${queue}: connect latencies count from when a connect was due, and the generator began it later.`,
    remedy: 'Lower the connect rate (-R), or take more --workers.',
  },
  'not-drained': {
    spoils:
      'High percentiles, which can be larger than shown, and the count of missing messages, which can be smaller.',
    remedy: 'Let the run linger for longer, or lower the rate.',
  },
  'outcome-unknown': {
    spoils: 'What is said of the clients after the event: nobody asked them anything.',
    remedy: 'Let them publish or ping more often than the run lasts after the event.',
  },
  'ended-too-early': {
    spoils: 'How many clients came back, and how fast: those that had not noticed yet are not among them.',
    remedy: 'Let the traffic go on after the event for longer than it takes to notice (deadAfter, keepalive).',
  },
  'window-backlog': {
    spoils: 'Rates of the window: some of what was completed in it was due before, or the other way round.',
    remedy: 'Take longer windows, or leave a gap between them.',
  },
  'impairment-off': {
    spoils: 'Everything that depends on that impairment: the link did more of it, or less, than was asked.',
    remedy: 'Run longer, keep other programs off the machine, or try the other lab backend.',
  },
  'emulator-late': {
    spoils: 'Latencies, by up to as much as the link was late.',
    remedy: 'Keep other programs off the machine, lower the rate, or take the backend netem where there is one.',
  },
  'emulator-bound': {
    spoils: 'Everything on that link: it lost or delayed packets for want of a processor.',
    remedy: 'Lower the rate of packets, or take the backend netem where there is one.',
  },
  'cpu-throttled': {
    spoils:
      'High percentiles and rates: the system held the processes up as they had used their share of processor time.',
    remedy: 'Raise the quota (of the container or the cgroup), or lower the load.',
  },
  'processor-stolen': {
    spoils: 'High percentiles and costs: the machine stood still for times that no process can see.',
    remedy: 'Run again at another hour, or on a machine of your own.',
  },
  'closed-loop': {
    spoils:
      'Latencies under load, which look better than a client with a schedule would see: a slow answer delays the next question.',
    remedy: 'Give a rate (-I or --rate) where latency is the question.',
  },
  'resumed-apart': {
    spoils: 'Comparisons between parts of the run: the machine may have been another one by then.',
    remedy: 'Run it in one go where small differences matter.',
  },
  'capacity-unsure': {
    spoils: 'The highest rate that was found: the load between holding and not holding it is not sharp.',
    remedy: 'Take more repeats, or longer trials.',
  },
  'receive-drops': {
    spoils: 'Losses and latencies over QUIC: datagrams were lost in this machine, not on the path.',
    remedy: 'Raise net.core.rmem_max, take more --workers, or lower the rate.',
  },
  'quic-overrated-rtt': {
    spoils: 'Latencies over QUIC after losses: the library waits for longer than the path calls for.',
    remedy: 'Read docs/quic.md on it; other QUIC stacks may do better on this path.',
  },
  'queue-overflow': {
    spoils: 'Losses: these are of a full queue, not those of the profile.',
    remedy: 'Lower the rate, or give the link a longer queue, unless a full queue is the question.',
  },
  'connections-lost': {
    spoils:
      'Everything after the loss: fewer clients were connected than the numbers are about, and nothing in the run was to end them.',
    remedy: 'Look at the errors of the cell and at the log of broker and balancer for who ended the connections.',
  },
  partial: {
    spoils: 'Rates, counts and windows of the cell: they are of the time until it was broken off.',
    remedy: 'Read the error of the cell, and run it again; --resume repeats the cells that did not finish.',
  },
  'role-stopped': {
    spoils: 'All latencies of the cell: a process that stood still is in them, not the transport alone.',
    remedy: 'Find out what stopped it (a debugger, job control, the system), and run the cell again.',
  },
  'teardown-failed': {
    spoils: 'Nothing of this run; what was left may disturb the next.',
    remedy: 'Remove what the message names.',
  },
};

/** Every doubt in the order in which results know them. */
export const allDoubts = Object.keys(doubtCodes) as readonly DoubtCode[];
