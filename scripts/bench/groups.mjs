// The groups of measurements: what `--only` takes. A group has sections (`peers.tls` is one), a section has cells and rows. A cell
// is one measurement in a process of its own; a row is made of cells of the same round, so that a ratio is one of a pair.
//
// cell  measure (a file in measure/), its params, seconds that it takes, needs: a program of others
// row   what, unit, target and `least` (it must not be below the target; else not above), grow: how many times the earlier build's it
//       should be; from: names of cells, of: its value made of them, note: words about them, bound: whether the value is only the least
//       that it can be
export const groups = {
  connects: 'connects per second and memory per client, over TCP, TLS and QUIC',
  throughput: 'QoS 1 in a closed loop',
  steady: 'QUIC and TCP at 20,000 QoS 1 messages/s',
  messages: 'QoS 0 written and parsed by one process',
  recording: 'what recording a sample and writing a PUBLISH cost',
  emulator: 'what the emulated link carries, and how late',
  agents: 'three agents on this machine beside three load workers',
  holding: 'tens of thousands of clients for a minute',
  peers: 'against mosquitto, nats-server, emqtt_bench, mqttx and mqttv5, as far as they are here',
};

/** Not run unless they are named. */
export const onlyWhenNamed = ['agents', 'holding', 'peers'];

/** How often each cell is measured: ratios to programs of others need several pairs. */
export const usualRounds = (group) => (group === 'peers' ? 3 : 1);

/** What a measurement takes its time for. */
export const timesOf = (quick) =>
  quick
    ? { warmMillis: 1_000, measuredMillis: 2_000, clients: 1_500, callsShare: 0.1 }
    : { warmMillis: 2_000, measuredMillis: 5_000, clients: 5_000, callsShare: 1 };

async function sectionsOf(group, times) {
  const { sections } = await import(`./groups/${group}.mjs`);
  return sections(times).map((section) => ({ ...section, group, full: `${group}.${section.name}` }));
}

/**
 * The sections that are asked for, in the order in which they are.
 * @param names groups and sections; undefined: all groups that need not be named
 * @throws an Error that lists what is not known, and what there is
 */
export async function sectionsFor(names, times) {
  const all = (await Promise.all(Object.keys(groups).map((group) => sectionsOf(group, times)))).flat();
  const asked = names ?? Object.keys(groups).filter((group) => !onlyWhenNamed.includes(group));
  const unknown = asked.filter((name) => !(name in groups) && !all.some(({ full }) => full === name));
  if (unknown.length > 0) {
    throw new Error(
      `--only: there is no ${unknown.join(', ')}\n  groups: ${Object.keys(groups).join(', ')}\n  sections: ${all.map(({ full }) => full).join(', ')}`,
    );
  }
  return [...new Set(asked.flatMap((name) => all.filter(({ group, full }) => name === group || name === full)))];
}
