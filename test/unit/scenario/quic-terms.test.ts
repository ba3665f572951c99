import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/base/errors.js';
import type { BrokerReady } from '../../../src/broker/contract.js';
import { brokerOptions, loadPlan } from '../../../src/run/plan.js';
import { describeScenario } from '../../../src/scenario/describe.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import { unequalTerms } from '../../../src/scenario/terms.js';
import type { PlannedCell } from '../../../src/scenario/types.js';
import { clientDefaults, resolveSettings, serverDefaults } from '../../../src/transport/quic/settings.js';

const server = { addresses: { quic: { host: '127.0.0.1', port: 1 } }, ca: '' } as BrokerReady;

/** The settings that both ends of the first cell's QUIC connections get. */
function endsOf(load: string, network = '{rtt: 1ms}', arm = 'quic') {
  const scenario = readScenario(`title: t\narms: [${arm}]\nnetwork: ${network}\nload: ${load}\n`, 'x.yaml');
  const cell = planCells(scenario)[0] as PlannedCell;
  return [
    resolveSettings(clientDefaults, loadPlan(cell, scenario.lab, server, []).target.quic),
    resolveSettings(serverDefaults, brokerOptions(cell, scenario.lab, '127.0.0.1').quic),
  ];
}

describe('QUIC connections of a scenario', () => {
  it.each(['5s', '20s', '60s', '300s', '65535s'])(
    'with an MQTT keepalive of %s send no PING of their own, and no end of them times out before the broker would',
    (keepalive) => {
      for (const settings of endsOf(`{duration: 600s, keepalive: ${keepalive}}`)) {
        expect(settings.keepAliveMs).toBe(0);
        expect(settings.idleTimeoutMs).toBeGreaterThan(1.5 * 1000 * Number.parseInt(keepalive, 10));
      }
    },
  );

  it('without keepalive may be silent for ever, as TCP may', () => {
    for (const settings of endsOf('{duration: 600s, keepalive: 0, reconnect: false}')) {
      expect(settings).toMatchObject({ keepAliveMs: 0, idleTimeoutMs: 0 });
    }
  });

  it.each([
    ['{rtt: 1ms}', 1472],
    ['{rtt: 1ms, mtu: 1400}', 1372],
    ['{rtt: 1ms, mtu: 9000}', 8972],
    ['{rtt: 1ms, mtu: 1000}', 1200],
    ['none', clientDefaults.maxUdpPayload],
  ])('on network %s send datagrams of up to %i bytes: what the MTU allows, as TCP does', (network, bytes) => {
    for (const settings of endsOf('{}', network)) expect(settings.maxUdpPayload).toBe(bytes);
  });

  it('have at both ends what their arm sets, also instead of those terms', () => {
    const arm = '{transport: quic, quic: {tailProbeMs: 150, maxUdpPayload: 1300, retry: always}}';
    for (const settings of endsOf('{}', undefined, arm)) {
      expect(settings).toMatchObject({ tailProbeMs: 150, maxUdpPayload: 1300, retry: 'always', keepAliveMs: 0 });
    }
  });
});

describe('settings of an arm', () => {
  const read = (arms: string) =>
    readScenario(`title: t\narms: ${arms}\nnetwork: {rtt: 1ms}\nload: {keepalive: 20s}\n`, 'x.yaml');
  const two = read('[tcp, quic, {transport: quic, quic: {tailProbeMs: 150, ownSocket: true}}]');

  it('are in its name, in the plan and in the result', () => {
    expect(two.arms.map(({ name }) => name)).toEqual(['tcp', 'quic', 'quic-ownSocket-true-tailProbeMs-150']);
    expect(describeScenario(two).replaceAll(/\s+/g, ' ')).toContain('(quic, ownSocket true, tailProbeMs 150)');
    expect(two.arms[2]?.quic).toEqual({ tailProbeMs: 150, ownSocket: true });
  });

  it('are told as unequal terms', () => {
    expect(unequalTerms(two).filter((line) => line.startsWith('QUIC'))).toEqual([
      "QUIC's ownSocket: true on quic-ownSocket-true-tailProbeMs-150; false where it is not set",
      "QUIC's tailProbeMs: 150 on quic-ownSocket-true-tailProbeMs-150; 0 where it is not set",
    ]);
  });

  it.each([
    ['[{transport: tls, quic: {tailProbeMs: 150}}]'],
    ['[{transport: quic, quic: {tailProbMs: 150, streamWindow: 0, addressMode: jump, io: 5}}]'],
    ['[{transport: quic, quic: {keepAliveMs: 90000, holdAcksMs: 30}}]'],
  ])('that cannot be are all listed where they stand: %s', (arms) => {
    let message = '';
    try {
      read(arms);
    } catch (error) {
      message = messageOf(error);
    }
    expect(message).toMatchSnapshot();
  });
});
