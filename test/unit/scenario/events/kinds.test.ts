import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { withLabEvents, withTimelineEvents } from '../../../../scripts/docs/events.mjs';
import { type EventKind, fieldsOf } from '../../../../src/lab/events/kind.js';
import { labKinds } from '../../../../src/lab/events/kinds.js';
import { parseEvent, usageOf } from '../../../../src/lab/events/words.js';
import { eventName } from '../../../../src/report/rows/events.js';
import { describeScenario } from '../../../../src/scenario/describe.js';
import { eventKinds, fleetKindOf } from '../../../../src/scenario/events/kinds.js';
import { scenarioJsonSchema } from '../../../../src/scenario/language/json-schema.js';
import { readScenario } from '../../../../src/scenario/read.js';
import { cell } from '../../report/made-up.js';

const timeline = `
  - { at: 1s, do: rebind }
  - { at: 1s, do: rebind, what: port, share: 50%, over: 2s, arms: [tcp] }
  - { at: 2s, do: return, share: 10% }
  - { at: 3s, do: address-change, over: 500ms, name: moved }
  - { at: 4s, do: blackout, for: 300ms }
  - { at: 5s, do: flap, times: 3, down: 100ms, up: 1s }
  - { at: 6s, do: profile, to: 4g }
  - { at: 7s, do: profile, to: { rtt: 30ms, up: { loss: 1% }, down: { rate: 2mbit } }, name: slow }
  - { at: 8s, do: heal, every: 40s }
`;
const rest = `
  - { at: 1s, do: udp-block }
  - { at: 2s, do: udp-block, for: 2s }
  - { at: 4s, do: udp-open }
  - { at: 5s, do: nat, unknownFlows: drop }
  - { at: 6s, do: nat, unknownFlows: forward }
  - { at: 7s, do: disconnect }
  - { at: 8s, do: cut, rate: 400/s }
`;
const read = (events: string) =>
  readScenario(
    `title: t\narms: [tcp, tls]\nnetwork: { rtt: 1ms }\nload: { duration: 60s }\ntimeline:${events}`,
    'x.yaml',
  );
/** What the plan says of the timeline. */
const told = (events: string): string => describeScenario(read(events)).split('\n').slice(4).join('\n');

describe('a timeline with every kind of event', () => {
  it.each([timeline, rest])('is told in sentences, and is plain data for the run', (events) => {
    expect(told(events)).toMatchSnapshot();
    expect(read(events).timeline).toMatchSnapshot();
  });

  it.each([
    ['{ at: 1s, do: blackout, for: 0 }', 'timeline[0].for: 0 is not more than 0'],
    ['{ at: 1s, do: flap, times: 2, down: 1s, up: 0 }', 'timeline[0].up: 0 is not more than 0'],
    ['{ at: 1s, do: rebind, share: 0% }', 'timeline[0].share: 0 % is not more than 0 and at most 100 %'],
    ['{ at: 59500ms, do: rebind }', 'timeline[0].at: only 500 ms of traffic follow the rebind; leave at least 1 s'],
    ['{ at: 58s, do: blackout, for: 3s }', 'timeline[0].for: the blackout outlasts the traffic'],
    ['{ at: 1s, do: profile, to: { reorder: 1% } }', 'timeline[0].to.reorder: reorder needs delay'],
  ])('is refused with what its lab would refuse, at the field: %s', (event, mistake) => {
    expect(() => read(` [${event}]`)).toThrow(mistake);
  });
});

/** An event of the kind as a scenario file writes it, with every field that it can have. */
function written(kind: EventKind): string {
  const fields = fieldsOf(kind).map(({ name, choices, example }) => `${name}: ${choices?.[0] ?? example}`);
  return ` [{ ${[`at: 2s`, `do: ${kind.kind}`, ...fields].join(', ')} }]`;
}

interface Branch {
  readonly properties: { readonly do: { readonly const: string; readonly description: string } };
  readonly required: readonly string[];
}
const branches: readonly Branch[] = JSON.parse(scenarioJsonSchema()).properties.timeline.items.oneOf;
const page = (name: string): string => readFileSync(new URL(`../../../../docs/${name}.md`, import.meta.url), 'utf8');

describe('the table of kinds of events', () => {
  it.each(eventKinds)('gives $kind its place in the schema, with its fields', (kind) => {
    const branch = branches.find(({ properties }) => properties.do.const === kind.kind);
    const own = fieldsOf(kind);
    expect(branch?.properties.do.description).toBe(kind.description);
    expect(Object.keys(branch?.properties ?? {})).toEqual([
      'do',
      ...own.map(({ name }) => name),
      ...['at', 'name', 'arms', 'every'],
      ...(fleetKindOf(kind.kind) ? ['fleets'] : []),
    ]);
    const required = own.filter(({ optional }) => !optional).map(({ name }) => name);
    expect(branch?.required).toEqual(['do', ...required, 'at']);
  });

  it.each(eventKinds)('lets a timeline have $kind with all its fields, and tells of it in a sentence', (kind) => {
    const [event] = read(written(kind)).timeline;
    const { name, atMicros, ...rest } = event as NonNullable<typeof event>;
    expect(Object.keys(rest)).toEqual(['kind', ...fieldsOf(kind).map(({ property }) => property)]);
    expect(kind.sentence(event as never)).toMatch(/^[\w ]{2}.*[^.]$/);
    expect(told(written(kind)).replaceAll(/\s+/g, ' ')).toContain(`After 2.00 s ${kind.sentence(event as never)}.`);
    expect([name, atMicros]).toEqual([kind.kind, 2e6]);
  });

  it.each(eventKinds)('makes reports call $kind by its name', ({ kind }) => {
    const cells = [{ ...cell('tcp', 1), events: [{ name: `${kind}-2`, atMicros: 1, proof: { kind } }] }];
    expect(eventName(cells, `${kind}-2`)).toBe(`the ${kind} (2)`);
  });

  it.each(labKinds)('lets $kind be typed as its usage says', (kind) => {
    expect(usageOf(kind).split(' ')[0]).toBe(kind.kind);
    const fields = fieldsOf(kind);
    const words = fields.filter(({ isOption }) => !isOption).map(({ choices, example }) => choices?.[0] ?? example);
    const options = fields.filter(({ isOption }) => isOption).map((one) => [one.name, one.choices?.[0] ?? one.example]);
    const typed = parseEvent([kind.kind, ...words], Object.fromEntries(options));
    expect(typed).toEqual(expect.objectContaining({ kind: kind.kind }));
    expect(Object.keys(typed).sort()).toEqual(['kind', ...fields.map(({ property }) => property)].sort());
  });

  it('has the events of the fleet beside those of the network, and no kind twice', () => {
    const names = eventKinds.map(({ kind }) => kind);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((kind) => fleetKindOf(kind) === undefined)).toEqual(labKinds.map(({ kind }) => kind));
  });

  it('is on the pages (else: npm run build && node scripts/docs/events.mjs)', () => {
    expect(page('scenarios')).toBe(withTimelineEvents(page('scenarios'), eventKinds));
    expect(page('lab')).toBe(withLabEvents(page('lab'), labKinds, labKinds.map(usageOf)));
  });
});
