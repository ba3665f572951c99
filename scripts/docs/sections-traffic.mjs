// Tables and charts of the experiments about messages: E4, E5 and E7.
import { formatCount, formatDuration } from '../../dist/base/units.js';
import { axisSize } from '../../dist/report/charts/axes.js';
import { barChart } from '../../dist/report/charts/bars.js';
import { capacityInterval, capacityText } from '../../dist/result/capacity.js';
import * as read from './cells.mjs';

const { cellsOf, distribution, durations, label, none, sizes, table } = read;

export function natRebind(result) {
  const cells = cellsOf(result);
  const rows = [];
  for (const network of cells.networks) {
    const row = (name, of) => rows.push([name, ...cells.arms.map((arm) => of(cells.of(arm, network)))]);
    const nat = network.includes('nat-drop') ? 'NAT drops' : 'NAT forwards';
    const value = (cell, name) => cell.metrics.values[name] ?? Number.NaN;
    const own = cells.arms.map((arm) => cells.of(arm, network)).filter(Boolean);
    for (const event of read.events(own)) {
      const after = `after ${read.eventWords(own, event)}`;
      row(`${nat}, ${after}: went on / reconnected / lost`, (cell) => read.outcome(cell, event));
      row(`… noticed ${after}, P50 / max`, (cell) =>
        durations(distribution(cell, 'reconnect.noticed', event), ['p50', 'max']),
      );
      row(`… back ${after}, P50 / P95 / max`, (cell) =>
        durations(distribution(cell, 'reconnect.connack', event), ['p50', 'p95', 'max']),
      );
    }
    row('… address changes that the broker saw', (cell) =>
      read.counts(cell.counters['broker.mqtt.addressChanges'] ?? 0),
    );
    row('… longest silence after the first move, P50 / max', (cell) =>
      durations(distribution(cell, 'delivery.gap', 'moved'), ['p50', 'max']),
    );
    row('… before, publish to PUBACK, P50 / P99', (cell) =>
      durations(distribution(cell, 'publish.ack', 'before'), ['p50', 'p99']),
    );
    row('… after the first move, P50 / P99 / max', (cell) =>
      durations(distribution(cell, 'publish.ack', 'moved'), ['p50', 'p99', 'max']),
    );
    row('… messages sent / sent again', (cell) =>
      read.counts(value(cell, 'messages.sent'), value(cell, 'messages.resent')),
    );
    row('… missing / duplicate / out of order', (cell) =>
      read.counts(...['missing', 'duplicate', 'disordered'].map((name) => value(cell, `messages.${name}`))),
    );
  }
  return {
    tables: [table(['', ...cells.arms.map(label)], rows)],
    charts: cells.networks.map((network) => natChart(cells, network)),
  };
}

/** A NAT that drops stops the flow for seconds; one that forwards only delays it, which the slowest message shows. */
function natChart(cells, network) {
  const drops = network.includes('nat-drop');
  const title = drops ? 'Received per second, the NAT drops' : 'Slowest PUBACK of each second, the NAT forwards';
  const view = drops ? { series: 'received', unit: 'count' } : { series: 'ackMax', unit: 'duration' };
  const file = drops ? 'nat-rebind-drop.svg' : 'nat-rebind-forward.svg';
  return { file, chart: read.overTime(title, title, cells, network, view) };
}

export function lossyLink(result) {
  const cells = cellsOf(result);
  const [network] = cells.networks;
  const windows = result.scenario.resolved.windows.map(({ name }) => name);
  const rows = cells.arms.flatMap((arm) => {
    const cell = cells.of(arm, network);
    const per = (window) => cell.windows[window]?.values['rate.achieved'];
    return [
      [`${label(arm)}: acknowledged per second`, ...windows.map((window) => formatCount(per(window)))],
      [
        '… P50 / P95 / P99',
        ...windows.map((window) => durations(distribution(cell, 'publish.ack', window), ['p50', 'p95', 'p99'])),
      ],
    ];
  });
  const ledger = cells.arms.map((arm) => {
    const values = cells.of(arm, network).metrics.values;
    const names = ['offered', 'sent', 'acknowledged', 'received', 'missing', 'duplicate'];
    return [label(arm), ...names.map((name) => formatCount(values[`messages.${name}`]))];
  });
  const overTime = (title, series, unit) => read.overTime(title, title, cells, network, { series, unit });
  return {
    tables: [
      table(['Publish to PUBACK', ...windows], rows),
      table(['Messages', 'offered', 'sent', 'acknowledged', 'received', 'missing', 'duplicate'], ledger),
    ],
    charts: [
      { file: 'lossy-link-rate.svg', chart: overTime('Acknowledged messages per second', 'acknowledged', 'count') },
      {
        file: 'lossy-link-latency.svg',
        chart: overTime('Publish to PUBACK, highest P95 of 200 ms in each second', 'ackP95', 'duration'),
      },
    ],
  };
}

export function lossyLinkCalm(result) {
  const cells = cellsOf(result);
  const [network] = cells.networks;
  const search = (arm) => result.searches.find((one) => one.arm === arm && one.network === network);
  const capacity = (arm) => capacityInterval(search(arm));
  const rows = cells.arms.map((arm) => {
    const cell = cells.of(arm, network);
    const values = cell.metrics.values;
    return [
      label(arm),
      capacityText(search(arm)).replace('/s', ''),
      formatCount(values['rate.offered']),
      durations(distribution(cell, 'publish.ack'), ['p50', 'p95', 'p99']),
      durations(distribution(cell, 'delivery.e2e'), ['p50', 'p95', 'p99']),
      read.counts(values['messages.missing'], values['messages.duplicate']),
      formatDuration(values['broker.message.cpu']),
      formatDuration(values['machine.message.cpu'] ?? Number.NaN),
    ];
  });
  const head = [
    '',
    'capacity, per second',
    'runs at',
    'publish to PUBACK, P50 / P95 / P99',
    'to the subscriber, P50 / P95 / P99',
    'missing / duplicate',
    "broker's CPU per message",
    'CPU of all roles and the kernel per message',
  ];
  const title = 'Highest rate held under 10 % loss and 20 % reordering each way';
  return {
    tables: [table(head, rows)],
    charts: [
      {
        file: 'lossy-link-calm-capacity.svg',
        chart: barChart({
          title,
          caption: `${title}.`,
          axis: 'messages per second',
          format: formatCount,
          names: cells.arms.map(label),
          parts: [
            { name: 'held', values: cells.arms.map((arm) => capacity(arm).held) },
            { name: 'not held any more', values: cells.arms.map((arm) => capacity(arm).missed ?? 0) },
          ],
        }),
      },
      {
        file: 'lossy-link-calm-percentiles.svg',
        chart: read.percentiles('Publish to PUBACK at one rate below the lowest', cells, network, 'publish.ack'),
      },
    ],
  };
}

export function wireOverhead(result) {
  const cells = cellsOf(result);
  const wire = (cell) => {
    const { 'wire.message.up': up, 'wire.message.down': down } = cell?.metrics.values ?? {};
    return up === undefined ? none : sizes(up, down);
  };
  const rows = cells.networks.map((network) => {
    const [, payload, qos] = network.split('+');
    const name = `${payload.replace(/(\d)([KB])/, '$1 $2')}, QoS ${qos?.replace('qos', '') ?? 1}`;
    return [name, ...cells.arms.map((arm) => wire(cells.of(arm, network)))];
  });
  const packets = cells.networks.map((network) => [
    network.split('+').slice(1).join(', ').replace('qos', 'QoS '),
    ...cells.arms.map((arm) => cells.of(arm, network)?.metrics.values['wire.message.packets']?.toFixed(1) ?? none),
  ]);
  const small = cells.networks.find((name) => /\+1B(\+qos1)?$/.test(name));
  const of = (direction) => cells.arms.map((arm) => cells.of(arm, small).metrics.values[`wire.message.${direction}`]);
  const title = 'Bytes on the wire for one message of 1 byte, QoS 1';
  return {
    tables: [
      table(['Bytes up / down per message', ...cells.arms.map(label)], rows),
      table(['Packets both ways per message', ...cells.arms.map(label)], packets),
    ],
    charts: [
      {
        file: 'wire-overhead-1-byte.svg',
        chart: barChart({
          title,
          caption: `${title}, client to server (up) and back (down).`,
          axis: 'IP bytes',
          format: axisSize,
          names: cells.arms.map(label),
          parts: [
            { name: 'up', values: of('up') },
            { name: 'down', values: of('down') },
          ],
        }),
      },
    ],
  };
}
