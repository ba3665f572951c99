// Makes the tables in docs/broker.md of the statements of MQTT that are tested, from the tables of the tests.
// They are TypeScript, so a test writes the page: npx vitest run test/conformance/table.test.ts --update
import { between } from './between.mjs';

/** What the sections are about, by version; 3.2 and the like are packets. */
const common = {
  1.5: 'strings and numbers',
  3.1: 'CONNECT',
  3.2: 'CONNACK',
  3.3: 'PUBLISH',
  3.4: 'PUBACK',
  3.5: 'PUBREC',
  3.6: 'PUBREL',
  3.7: 'PUBCOMP',
  3.8: 'SUBSCRIBE',
  3.9: 'SUBACK',
  '3.10': 'UNSUBSCRIBE',
  3.11: 'UNSUBACK',
  3.12: 'PINGREQ',
  3.14: 'DISCONNECT',
  3.15: 'AUTH',
  4.1: 'session state',
  4.2: 'network connections',
  4.3: 'QoS',
  4.4: 'messages sent again',
  4.5: 'receipt of messages',
  4.6: 'order',
  4.7: 'topics and filters',
  '6.0': 'WebSocket',
};
const titles = {
  '3.1.1': { ...common, 2.2: 'fixed header', 2.3: 'packet ids', 4.8: 'errors', 7.1: 'transports' },
  '5.0': {
    ...common,
    ...{ 2.1: 'fixed header', 2.2: 'packet ids and properties', 4.8: 'shared subscriptions', 4.9: 'flow control' },
    ...{ 4.12: 'enhanced authentication', 4.13: 'errors' },
  },
};

/** `MQTT-3.1.2-24` as its numbers. */
const numbersOf = (id) => id.replace('MQTT-', '').split(/[.-]/).map(Number);

function inOrder(a, b) {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const at = left.findIndex((number, i) => number !== right[i]);
  return at < 0 ? 0 : left[at] - right[at];
}

/** Ids in short: `3.1.2-1 to 5, 7; 3.1.3-1`. */
function inShort(ids) {
  const groups = new Map();
  for (const id of ids) {
    const section = id.slice('MQTT-'.length, id.lastIndexOf('-'));
    groups.set(section, [...(groups.get(section) ?? []), id]);
  }
  return [...groups].map(([prefix, own]) => `${prefix}-${ranges(own.map((id) => numbersOf(id).at(-1)))}`).join('; ');
}

function ranges(numbers) {
  const all = [];
  for (const number of numbers) {
    const last = all.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else all.push([number, number]);
  }
  return all
    .map(([from, to]) => (from === to ? `${from}` : `${from}${to === from + 1 ? ', ' : ' to '}${to}`))
    .join(', ');
}

/**
 * The lines of a version.
 * @param entries `{ ids, says, why }` of each test; `why` where it does not hold
 */
function linesOf(version, entries) {
  const ids = entries.flatMap(({ ids }) => ids).sort(inOrder);
  const broken = entries.filter(({ why }) => why !== undefined);
  const isBroken = new Set(broken.flatMap(({ ids }) => ids));
  const sections = [...new Set(ids.map((id) => numbersOf(id).slice(0, 2).join('.')))];
  const rows = sections.map((section) => {
    const own = ids.filter((id) => id.startsWith(`MQTT-${section}.`) || id.startsWith(`MQTT-${section}-`));
    const [kept, not] = [own.filter((id) => !isBroken.has(id)), own.filter((id) => isBroken.has(id))];
    return `| ${section} ${titles[version][section]} | ${inShort(kept)} | ${inShort(not)} |`;
  });
  const list = broken.map(
    ({ ids, says, why }) => `- [${[...ids].sort(inOrder).join('], [')}] asks that ${says}. ${why}`,
  );
  return [
    `**MQTT ${version}**: ${ids.length} statements, of which ${ids.length - isBroken.size} hold.`,
    '',
    '| section | holds | does not |',
    '|---|---|---|',
    ...rows,
    ...(list.length > 0
      ? ['', 'What does not hold, and what the broker does instead, which is tested too:', '', ...list]
      : []),
  ];
}

/** The page with the tables in their place. @param versions `[version, entries]` for each */
export function withConformance(page, versions) {
  const lines = versions.flatMap(([version, entries], i) => [...(i > 0 ? [''] : []), ...linesOf(version, entries)]);
  return between(page, 'conformance', lines);
}
