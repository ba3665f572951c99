import { describe, expect, it } from 'vitest';
import { describeScenario } from '../../../src/scenario/describe.js';
import { estimateCellMicros } from '../../../src/scenario/estimate.js';
import { findScenario, shippedScenarios } from '../../../src/scenario/find.js';
import { planCells, runOrder, williamsRow } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import { theoryRoundTrips } from '../../../src/scenario/theory.js';
import { filler } from '../../helpers/plans.js';

const text = (more = '') => `title: t\narms: [tcp, tls, quic]\nnetwork: {rtt: [1ms, 30ms]}\nload: {}\n${more}`;

describe('cells', () => {
  it('are listed by repeat, network and arm', () => {
    const cells = planCells(readScenario(text('repeat: 2'), 'x.yaml'));
    expect(cells.map((cell) => cell.id).join(' ')).toBe(
      'tcp@1ms tls@1ms quic@1ms tcp@30ms tls@30ms quic@30ms ' +
        'tcp@1ms#2 tls@1ms#2 quic@1ms#2 tcp@30ms#2 tls@30ms#2 quic@30ms#2',
    );
  });

  it('share a seed between the arms that are compared, and only between them', () => {
    const cells = planCells(readScenario(text('repeat: 2'), 'x.yaml'));
    const seeds = cells.map((cell) => cell.seed);
    expect(new Set(seeds).size).toBe(4);
    for (const cell of cells) {
      const alike = cells.filter((other) => other.network === cell.network && other.repeat === cell.repeat);
      expect(new Set(alike.map((other) => other.seed)).size).toBe(1);
    }
    expect(planCells(readScenario(text('repeat: 2'), 'x.yaml')).map((cell) => cell.seed)).toEqual(seeds);
    expect(planCells(readScenario(text('seed: 2'), 'x.yaml'))[0]?.seed).not.toBe(seeds[0]);
  });

  it('keep their seeds when only some of them are run', () => {
    const all = planCells(readScenario(text(), 'x.yaml'));
    const some = planCells(readScenario(text(), 'x.yaml', { only: 'quic, tls@30' }));
    expect(some.map((cell) => cell.id)).toEqual(['quic@1ms', 'tls@30ms', 'quic@30ms']);
    for (const cell of some) expect(cell.seed).toBe(all.find((other) => other.id === cell.id)?.seed);
  });
});

describe('the order of the run', () => {
  it.each([2, 3, 4, 5, 8])('gives each of %i arms every place, and every neighbour before it, equally often', (n) => {
    const rows = Array.from({ length: 2 * n }, (_, row) => williamsRow(n, row));
    for (const row of rows) expect([...row].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
    for (let arm = 0; arm < n; arm++) {
      for (let place = 0; place < n; place++) {
        expect(
          rows.filter((row) => row[place] === arm),
          `${arm} at ${place}`,
        ).toHaveLength(2);
      }
      for (let before = 0; before < n; before++) {
        if (before === arm) continue;
        const follows = rows.filter((row) => row.some((one, i) => i > 0 && one === arm && row[i - 1] === before));
        expect(follows, `${arm} after ${before}`).toHaveLength(2);
      }
    }
  });

  const idsOf = (more: string, only?: string) => {
    const scenario = readScenario(text(more), 'x.yaml', { only });
    return runOrder(planCells(scenario), scenario).map(({ id }) => id);
  };

  it('goes round with networks, repeats and the seed, and keeps the arms of a comparison together', () => {
    expect(idsOf('').join(' ')).toBe('tcp@1ms tls@1ms quic@1ms tls@30ms quic@30ms tcp@30ms');
    const first = idsOf('repeat: 6').filter((_, i) => i % 6 === 0);
    expect(first).toEqual(['tcp@1ms', 'tls@1ms#2', 'quic@1ms#3', 'quic@1ms#4', 'tcp@1ms#5', 'tls@1ms#6']);
    expect(idsOf('seed: 2')[0]).toBe('tls@1ms');
    expect(idsOf('seed: 0')).toHaveLength(6);
  });

  it('holds for the arms that are left with --only', () => {
    expect(idsOf('repeat: 2', 'tls,quic').slice(4)).toEqual(['quic@1ms#2', 'tls@1ms#2', 'tls@30ms#2', 'quic@30ms#2']);
  });
});

describe('networks', () => {
  const networks = (network: string) =>
    readScenario(`title: t\narms: [tcp]\nload: {}\nnetwork: ${network}\n`, 'x.yaml').networks;

  it('multiply every list, the round trip slowest', () => {
    expect(networks('{rtt: [10ms, 40ms], loss: [0, 1.5%], rate: 10mbit}').map(({ name }) => name)).toEqual([
      '10ms+loss0%+rate10mbit',
      '10ms+loss1_5%+rate10mbit',
      '40ms+loss0%+rate10mbit',
      '40ms+loss1_5%+rate10mbit',
    ]);
  });

  it('takes burst loss as a share and a mean burst', () => {
    const [network] = networks('{rtt: 10ms, loss: 2%, meanBurst: 5}');
    const { loss, gilbertElliott } = network?.profile.up ?? {};
    expect(loss).toBeUndefined();
    expect(1 / (gilbertElliott?.r ?? 0)).toBeCloseTo(5);
    const { p = 0, r = 0 } = gilbertElliott ?? {};
    expect(p / (p + r)).toBeCloseTo(0.02);
  });

  it('keep a name that was given, with what varies', () => {
    expect(networks('{name: weak, rtt: 40ms, loss: [1%, 10%]}').map(({ name }) => name)).toEqual([
      'weak+loss1%',
      'weak+loss10%',
    ]);
    expect(networks('[{name: a, rtt: 1ms}, {name: b, rtt: 1ms, loss: 10%}]').map(({ name }) => name)).toEqual([
      'a',
      'b',
    ]);
  });

  it('split an odd round trip so that both ways add up, and let one direction differ', () => {
    const [network] = networks('{rtt: 1001us, loss: 10%, down: {loss: 0, rate: 2mbit}, mtu: 1400}');
    expect(network).toMatchObject({
      rttMicros: 1001,
      profile: {
        mtu: 1400,
        up: { delayMicros: 501, loss: 0.1 },
        down: { delayMicros: 500, loss: 0, rateBits: 2_000_000 },
      },
    });
  });
});

describe('variants of the load', () => {
  const text = `title: t
arms: [tcp, quic]
network: {rtt: [1ms, 30ms], nat: drop}
load: {publish: {topic: a, rate: 10, payload: [1, 64KiB], qos: [0, 1]}}
timeline: [{at: 2s, do: rebind, arms: [quic]}]
expect: ['tcp@1ms+nat-drop+64KiB+qos1.messages.sent > 0']
`;
  it('multiply the networks and are part of their names', () => {
    const cells = planCells(readScenario(text, 'x.yaml'));
    expect(cells).toHaveLength(16);
    expect(cells[0]).toMatchObject({
      id: 'tcp@1ms+nat-drop+1B+qos0',
      load: { publish: { payload: filler(1), qos: 0 } },
    });
    expect(cells[15]).toMatchObject({
      id: 'quic@30ms+nat-drop+64KiB+qos1',
      load: { publish: { payload: filler(65_536), qos: 1 } },
      network: { nat: 'drop', rttMicros: 30_000 },
    });
  });

  it('have their mistakes told once, and events name arms that exist', () => {
    const wrong = text.replace('rate: 10', 'rate: 10, interval: 1s').replace('arms: [quic]}', 'arms: [quik]}');
    expect(() => readScenario(wrong, 'x.yaml')).toThrow(/^2 mistakes/);
    expect(() => readScenario(wrong, 'x.yaml')).toThrow('no arm is called "quik"');
  });
});

describe('theory', () => {
  const load = readScenario(text().replace('load: {}', 'load: {subscribe: {topic: a}}'), 'x.yaml').load;
  const arm = {
    name: 'a',
    resumption: 'none',
    congestionControl: 'cubic',
    streams: 'control',
    datagrams: false,
    terminator: 'broker',
  } as const;

  it.each([
    ['tcp', undefined, 'none', 2, 2],
    ['tls', '1.3', 'none', 3, 3],
    ['tls', '1.3', 'ticket', 3, 3],
    ['tls', '1.2', 'none', 4, 4],
    ['tls', '1.2', 'ticket', 4, 3],
    ['ws', undefined, 'none', 3, 3],
    ['wss', '1.3', 'none', 4, 4],
    ['quic', '1.3', 'none', 2, 2],
    ['quic', '1.3', 'early-data', 2, 1],
  ] as const)(
    '%s %s %s: CONNACK after %i round trips, again after %i',
    (transport, tlsVersion, resumption, first, again) => {
      const trips = theoryRoundTrips({ ...arm, transport, tlsVersion, resumption }, load);
      expect(trips['connect.connack']).toBe(first);
      expect(trips['connect.suback']).toBe(first + 1);
      expect(trips['reconnect.retry']).toBe(again);
    },
  );
});

describe('events', () => {
  it('with `every` happen until the traffic ends and are named in order', () => {
    const { timeline } = readScenario(
      text('timeline: [{at: 2s, do: rebind, every: 3s}, {at: 4s, do: heal}]'),
      'x.yaml',
    );
    expect(timeline.map(({ name, atMicros }) => [name, atMicros / 1e6])).toEqual([
      ['rebind', 2],
      ['heal', 4],
      ['rebind-2', 5],
      ['rebind-3', 8],
    ]);
  });

  it('open windows at themselves or some time after', () => {
    const { windows } = readScenario(
      text(
        'timeline: [{at: 2s, do: heal}]\nmeasure: [{name: a}, {name: b, from: heal}, {name: c, from: heal + 1500ms}, {name: d, from: 9s}]',
      ),
      'x.yaml',
    );
    expect(windows.map(({ name, fromMicros }) => [name, fromMicros / 1e6])).toEqual([
      ['a', 0],
      ['b', 2],
      ['c', 3.5],
      ['d', 9],
    ]);
  });
});

describe('scenarios that come with mqbench', () => {
  it('are found by name, and a near miss names the nearest', () => {
    expect(findScenario('demo', '/')).toMatch(/scenarios\/demo\.yaml$/);
    expect(() => findScenario('dmeo', '/')).toThrow('did you mean "demo"?');
    expect(() => findScenario('./no/such.yaml', '/')).toThrow(/no scenario file or name/);
    expect(shippedScenarios()).toContain('demo');
  });
});

describe('the description', () => {
  it('says what happens and how long it takes, within 80 columns', () => {
    const scenario = readScenario(text('timeline: [{at: 4s, do: rebind}]'), 'x.yaml');
    const said = describeScenario(scenario);
    expect(said).toContain('After 4.00 s the NAT moves every client to another outer address.');
    expect(said).toContain('6 cells, about 14.5 s each, 1 m 27 s in all:');
    for (const line of said.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('counts connecting, traffic and drain', () => {
    const scenario = readScenario(text().replace('load: {}', 'load: {clients: 500, connectRate: 100}'), 'x.yaml');
    expect(estimateCellMicros(scenario)).toBe(2.5e6 + 5e6 + 10e6 + 1e6);
  });
});
