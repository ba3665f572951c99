import type { DoubtMeaning } from './meaning.js';

/** Where the network was not the one asked for, or somebody took it for another. */
export const aboutNetwork = {
  'impairment-unseen': {
    means: 'an impairment that was asked for did not show in the counters',
    spoils: 'Everything about this network: nothing shows that it was damaged as asked.',
    remedy: 'Run longer, so that rare losses show, or try the other lab backend.',
  },
  'impairment-off': {
    means: 'the link did not do to packets what was asked of it',
    spoils: 'Everything that depends on that impairment: there was more or less of it than was asked for.',
    remedy: 'Run longer, keep other programs off the machine, or try the other lab backend.',
  },
  'calibration-off': {
    means: 'the network measured before the cell is not the one asked for',
    spoils: 'All latencies of the cell, by about as much as the measured network differs from the one asked for.',
    remedy: 'Keep other programs off the machine, or try the other lab backend.',
  },
  'emulator-late': {
    means: 'the emulated link delivered packets later than it should have',
    spoils: 'Latencies, by up to as much as the link was late.',
    remedy: 'Keep other programs off the machine, lower the rate, or take the backend netem where there is one.',
  },
  'emulator-bound': {
    means: 'the emulated link used up its processor',
    spoils: 'Everything on that link: it lost or delayed packets because it had too little processor time.',
    remedy: 'Lower the rate of packets, or take the backend netem where there is one.',
  },
  'path-behind': {
    means: 'the way behind the lab, to a broker elsewhere, is long or unsteady beside the network of the scenario',
    spoils: 'Latencies, by that round trip for each of their own; what differs between cells may come from there.',
    remedy: 'Run mqbench nearer to the broker, or read the latencies less the row "Path to broker".',
  },
  'queue-overflow': {
    means: 'the link dropped packets because its queue was full',
    spoils: 'Losses: these come from a full queue, not from the loss of the profile.',
    remedy: 'Lower the rate, or give the link a longer queue, unless a full queue is the question.',
  },
  'quic-overrated-rtt': {
    means: 'the QUIC library overrates the round trip after losses',
    spoils: 'Latencies over QUIC after losses: the library waits for longer than the path calls for.',
    remedy: 'Read docs/quic.md on it; other QUIC stacks may do better on this path.',
  },
} as const satisfies Readonly<Record<string, DoubtMeaning>>;
