// Tables and charts of the experiments about connections: E1, E2 and E3.
import { formatCount, formatDuration, formatSize } from '../../dist/base/units.js';
import { axisDuration } from '../../dist/report/charts/axes.js';
import { barChart } from '../../dist/report/charts/bars.js';
import { handshakeCount, handshakeKinds } from '../../dist/report/rows/handshakes.js';
import * as read from './cells.mjs';

const { cellsOf, distribution, durations, label, sizes, spaced, table } = read;
/** NaN where it is only the least that it can be. */
const p50 = (cell, metric) => {
  const found = distribution(cell, metric);
  return found === undefined || found.atLeast?.includes('p50') ? Number.NaN : found.p50;
};

const farthest = (cells) =>
  cells.all.reduce((far, { network }) => (network.rttMicros > far.rttMicros ? network : far), { rttMicros: -1 });

export function connectLatency(result) {
  const cells = cellsOf(result);
  const far = farthest(cells);
  const rows = cells.arms.map((arm) => {
    const cell = cells.of(arm, far.name);
    const values = cell.metrics.values;
    return [
      label(arm),
      cell.theoryRoundTrips['connect.connack'],
      ...cells.networks.map((network) =>
        durations(distribution(cells.of(arm, network), 'connect.connack'), ['p50', 'p95']),
      ),
      durations(distribution(cell, 'connect.suback'), ['p50', 'p95']),
      sizes(values['wire.connect.up'], values['wire.connect.down']),
      formatDuration(values['broker.connect.cpu']),
    ];
  });
  const head = [
    'Until CONNACK, P50 / P95',
    'round trips in theory',
    ...cells.networks.map(spaced),
    `SUBACK at ${spaced(far.name)}`,
    'bytes up / down',
    "broker's CPU per client",
  ];
  const ends = ['connect.transport', 'connect.connack', 'connect.suback'];
  return {
    tables: [table(head, rows)],
    charts: [
      {
        file: 'connect-latency-stages.svg',
        chart: stages(`Median until each stage, round trip ${spaced(far.name)}`, cells, far.name, ends),
      },
      {
        file: 'connect-latency-percentiles.svg',
        chart: read.percentiles(
          `Connect due until CONNACK, round trip ${spaced(far.name)}`,
          cells,
          far.name,
          'connect.connack',
        ),
      },
    ],
  };
}

const stageNames = { transport: 'transport', connack: 'CONNACK', suback: 'SUBACK', retry: 'CONNACK' };

/** Medians of stages that follow one another, each as the length beyond the one before. */
function stages(title, cells, network, metrics) {
  const parts = metrics.map((metric, index) => ({
    name: stageNames[metric.split('.').at(-1)],
    values: cells.arms.map((arm) => {
      const cell = cells.of(arm, network);
      const before = index === 0 ? 0 : p50(cell, metrics[index - 1]);
      return Math.max(0, p50(cell, metric) - before);
    }),
  }));
  const names = cells.arms.map(label);
  return barChart({ title, caption: `${title}.`, axis: 'median', format: axisDuration, names, parts });
}

export function reconnect(result) {
  const cells = cellsOf(result);
  const far = farthest(cells);
  const rows = cells.arms.map((arm) => {
    const cell = cells.of(arm, far.name);
    const { values } = cell.metrics;
    return [
      label(arm),
      cell.theoryRoundTrips['reconnect.retry'],
      ...cells.networks.map((network) =>
        durations(distribution(cells.of(arm, network), 'reconnect.retry'), ['p50', 'p95']),
      ),
      handshakes(cell),
      sizes(values['wire.reconnect.up'], values['wire.reconnect.down']),
      formatDuration(values['broker.reconnect.cpu']),
    ];
  });
  const head = [
    'Dial until CONNACK, P50 / P95',
    'round trips in theory',
    ...cells.networks.map(spaced),
    'handshakes at the return',
    'bytes up / down per reconnect, good-bye included',
    "broker's CPU per reconnect",
  ];
  const title = `Coming back, median until each stage, round trip ${spaced(far.name)}`;
  return {
    tables: [table(head, rows)],
    charts: [
      {
        file: 'reconnect-stages.svg',
        chart: stages(title, cells, far.name, ['reconnect.transport', 'reconnect.retry']),
      },
      {
        file: 'reconnect-percentiles.svg',
        chart: read.percentiles(
          `Coming back, dial until CONNACK, round trip ${spaced(far.name)}`,
          cells,
          far.name,
          'reconnect.retry',
        ),
      },
    ],
  };
}

/** Of the returns alone. */
function handshakes(cell) {
  const counts = handshakeKinds.map(([kind, words]) => [words, handshakeCount(cell, 'return', kind)]);
  const some = counts.filter(([, number]) => number > 0);
  return some.map(([words, number]) => `${formatCount(number)} ${words}`).join(', ');
}

export function connectStorm(result) {
  const cells = cellsOf(result);
  const [network] = cells.networks;
  const { clients } = result.scenario.resolved.load;
  const rows = [];
  const row = (name, of) => rows.push([name, ...cells.arms.map((arm) => of(cells.of(arm, network)))]);
  const link = (cell, name) => {
    const { up, down } = read.phase(cell, name).link;
    return sizes(up.bytesIn, down.bytesIn);
  };
  const packets = (cell, name) => {
    const { up, down } = read.phase(cell, name).link;
    return read.counts(up.packetsIn / clients, down.packetsIn / clients);
  };
  row("Broker's CPU, first connects", (cell) => formatDuration(read.brokerCpu(cell, 'connect')));
  row('… in the storm', (cell) => formatDuration(read.brokerCpu(cell, 'storm')));
  row('Broker, peak memory', (cell) => formatSize(cell.resources.find(({ role }) => role === 'broker').peakRssBytes));
  row('Bytes up / down, first connects', (cell) => link(cell, 'connect'));
  row('… in the storm', (cell) => link(cell, 'storm'));
  row('Packets up / down per client, first connects', (cell) => packets(cell, 'connect'));
  row('… in the storm', (cell) => packets(cell, 'storm'));
  row('Back after the cut, P50', (cell) => durations(distribution(cell, 'reconnect.connack'), ['p50']));
  row('… P95', (cell) => durations(distribution(cell, 'reconnect.connack'), ['p95']));
  row('… the last client', (cell) => durations(distribution(cell, 'reconnect.connack'), ['max']));
  row('Clients back', (cell) => formatCount(cell.metrics.values['clients.reconnected']));
  row('Failed attempts', (cell) => formatCount(cell.metrics.values['clients.failed']));
  return {
    tables: [table([`Round trip ${spaced(network)}, ${formatCount(clients)} clients`, ...cells.arms.map(label)], rows)],
    charts: [
      { file: 'connect-storm-cpu.svg', chart: stormCpu(cells, network) },
      {
        file: 'connect-storm-back.svg',
        chart: read.cumulative('Share of the fleet that is back, after the cut', cells, network, 'reconnect.connack'),
      },
    ],
  };
}

function stormCpu(cells, network) {
  const title = "Broker's processor time";
  const cpu = (name) => cells.arms.map((arm) => read.brokerCpu(cells.of(arm, network), name));
  return barChart({
    title,
    caption: `${title}, of the first connects and of the storm.`,
    axis: 'user and system',
    format: axisDuration,
    names: cells.arms.map(label),
    parts: [
      { name: 'first connects', values: cpu('connect') },
      { name: 'storm', values: cpu('storm') },
    ],
  });
}
