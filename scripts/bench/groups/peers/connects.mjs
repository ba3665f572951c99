// Connecting: how fast, at what price, and what a connected client holds.
import { find } from '../../peers/programs.mjs';
import { bothEnds, connectSeconds, perSecond } from '../words.mjs';

export const sections = ({ clients }) => {
  // The same broker for every generator; of those here the one that takes connections fastest.
  const server = find('mosquitto') === undefined ? 'mqbench' : 'mosquitto';
  const by = (generator, needs) => ({
    ...{ measure: 'connects-by', params: { generator, server, clients, offered: 6_000 }, seconds: 5, needs },
  });
  const rateRow = (peer, target) => ({
    what: `connects/s, TCP, ${perSecond(clients)} clients to ${server}, against ${peer}`,
    ...{ unit: 'x', target, least: true, from: ['ours', peer], of: (ours, theirs) => ours.rate / theirs.rate },
    note: (ours, theirs) =>
      `${Math.round(ours.rate)} against ${Math.round(theirs.rate)}/s; CPU per client ${ours.generatorMicros.toFixed(0)} against ${theirs.generatorMicros.toFixed(0)} µs`,
  });
  const own = (transport, offered, usual) => ({
    ...{ measure: 'connects', params: { transport, clients, offered }, seconds: connectSeconds(clients, usual) },
  });
  const memoryRow = (name, cell, target) => ({
    ...{ what: `memory per connected client, ${name}, both ends`, unit: 'KB', target, from: [cell] },
    of: ({ generatorKb, brokerKb }) => generatorKb + brokerKb,
    note: ({ generatorKb, brokerKb }) => `generator ${generatorKb.toFixed(1)}, broker ${brokerKb.toFixed(1)} KB`,
  });
  return [
    {
      name: 'connects',
      cells: { ours: by('mqbench'), emqtt_bench: by('emqtt_bench', 'emqtt_bench'), mqttx: by('mqttx', 'mqttx') },
      rows: [
        {
          ...{ what: `connects/s, TCP, ${perSecond(clients)} clients to ${server}`, unit: '/s', least: true },
          ...{ from: ['ours'], of: ({ rate }) => rate },
          note: ({ generatorMicros }) =>
            `CPU per client ${generatorMicros.toFixed(0)} µs, the start of the program included`,
        },
        rateRow('emqtt_bench', 1),
        rateRow('mqttx'),
      ],
    },
    {
      name: 'handshakes',
      cells: {
        tcp: own('tcp', 6_000, 2_000),
        tls: own('tls', 900, 700),
        raw: { measure: 'raw-tls', params: { clients: Math.round(clients / 2) }, seconds: 6 },
        quic: own('quic', 3_000, 1_000),
      },
      rows: [
        {
          ...{
            what: 'TLS 1.3 connect, both ends: CPU, against raw node:tls',
            unit: 'x',
            target: 1.3,
            from: ['tls', 'raw'],
          },
          of: (tls, raw) => bothEnds(tls) / bothEnds(raw),
          note: (tls, raw) =>
            `generator ${tls.generatorMicros.toFixed(0)} against ${raw.generatorMicros.toFixed(0)}, broker ${tls.brokerMicros.toFixed(0)} against ${raw.brokerMicros.toFixed(0)} µs`,
        },
        {
          ...{ what: 'QUIC connects/s', unit: '/s', least: true, grow: 1.5, from: ['quic'], of: ({ rate }) => rate },
          note: ({ connected, p95 }) => `${connected} connected, P95 ${p95.toFixed(0)} ms`,
        },
        memoryRow('TCP', 'tcp', 20),
        memoryRow('TLS', 'tls', 60),
        memoryRow('QUIC', 'quic', 60),
      ],
    },
  ];
};
