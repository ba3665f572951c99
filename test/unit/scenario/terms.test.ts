import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../src/scenario/read.js';
import { unequalTerms } from '../../../src/scenario/terms.js';
import { clientDefaults } from '../../../src/transport/quic/settings.js';

/** What comes before the colon of each line. */
const topics = (arms: string, { network = '{rtt: 1ms}', load = '{}', more = '' } = {}): string[] =>
  unequalTerms(readScenario(`title: t\narms: [${arms}]\nnetwork: ${network}\nload: ${load}\n${more}`, 'x.yaml')).map(
    (line) => line.split(':')[0] as string,
  );
const line = (topic: string, ...from: Parameters<typeof topics>): string => {
  const [arms, { network = '{rtt: 1ms}', load = '{}', more = '' } = {}] = from;
  const text = `title: t\narms: [${arms}]\nnetwork: ${network}\nload: ${load}\n${more}`;
  return unequalTerms(readScenario(text, 'x.yaml')).find((one) => one.startsWith(`${topic}:`)) ?? '';
};

const both = 'tcp, tls, quic';
const publish = "{publish: {topic: 'a', rate: 10, payload: 256}}";

describe('what QUIC and TCP do not have alike', () => {
  it('is told where both are compared, a line each with whom it favours', () => {
    expect(topics(both, { load: publish })).toEqual(['timers', 'socket buffers', 'processor', 'broker']);
    for (const topic of ['timers', 'socket buffers', 'processor', 'broker']) {
      expect(line(topic, both, { load: publish })).toMatch(/\(favours TCP/);
    }
    expect(topics('tcp, tls, ws')).toEqual([]);
    expect(topics('quic')).toEqual([]);
    expect(topics('tcp, quic', { more: 'repeat: 1' })).not.toContain('broker'); // nothing is published
  });

  it('are no longer datagrams: those of a lab are as large as its MTU allows', () => {
    expect(topics(both, { network: '{rtt: 1ms, mtu: 1400}' })).not.toContain('packets');
    expect(line('packets', both, { network: '{rtt: 1ms, mtu: 1000}' })).toContain('an MTU of 1000 makes two');
    expect(line('packets', both, { network: 'none' })).toContain(`${clientDefaults.maxUdpPayload} B`);
  });

  it('is pacing where QUIC has BBR', () => {
    const bbr = '{transport: quic, name: q, congestionControl: bbr}';
    expect(topics(`tcp, ${bbr}`)).toContain('pacing');
    expect(topics('{transport: tcp, congestionControl: bbr}, quic')).not.toContain('pacing');
  });

  it('is the receive window where a client may have more in flight', () => {
    const large = "{publish: {topic: 'a', rate: 10, payload: 256KiB, inflight: 2}}";
    expect(line('receive windows', both, { load: large })).toContain('262 KB, later 1.05 MB per stream on quic,');
  });

  it('is the receive window of the arms that are bound by theirs, not the usual one where an arm sets another', () => {
    const large = "{publish: {topic: 'a', rate: 10, payload: 256KiB, inflight: 2}}";
    const wide = '{transport: quic, name: wide, quic: {streamWindow: 1048576}}';
    const narrow = '{transport: quic, name: narrow, quic: {streamWindow: 65536, maxStreamWindow: 131072}}';
    expect(topics(`tcp, ${wide}`, { load: large })).not.toContain('receive windows');
    expect(line('receive windows', `tcp, quic, ${wide}, ${narrow}`, { load: large })).toContain(
      "QUIC's are 262 KB, later 1.05 MB per stream on quic; 65.5 KB, later 131 KB per stream on narrow, TCP's",
    );
  });

  it('is a setting of an arm beside what the others of the scenario have, which may not be the default', () => {
    const small = '{transport: quic, name: small, quic: {maxUdpPayload: 1200, keepAliveMs: 5000}}';
    expect(line("QUIC's maxUdpPayload", `quic, ${small}`)).toContain('1200 on small; 1472 where it is not set');
    expect(line("QUIC's keepAliveMs", `quic, ${small}`)).toContain('5000 on small; 0 where it is not set');
    expect(line('packets', `tcp, quic, ${small}`, { network: 'none' })).toContain(
      `${clientDefaults.maxUdpPayload} B on quic; 1200 B on small`,
    );
  });

  it('is the memory of a NAT for clients that stay silent longer', () => {
    const idle = (keepalive: string, duration: string) => ({
      load: `{keepalive: ${keepalive}, duration: ${duration}}`,
    });
    expect(topics(both, idle('500s', '600s'))).toContain('NAT');
    expect(topics(both, idle('60s', '600s'))).not.toContain('NAT');
    expect(topics(both, idle('500s', '60s'))).not.toContain('NAT');
    expect(topics(both, { ...idle('500s', '600s'), network: 'none' })).not.toContain('NAT');
  });

  it('concerns only arms that run', () => {
    const scenario = readScenario(`title: t\narms: [tcp, tls, quic]\nnetwork: none\nload: {}\n`, 'x.yaml', {
      only: 't',
    });
    expect(unequalTerms(scenario)).toEqual([]);
  });
});
