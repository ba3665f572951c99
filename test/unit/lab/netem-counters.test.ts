import { expect, test } from 'vitest';
import { directionCounters, drawsBetween, type LinkEnd, parseEnd } from '../../../src/lab/netem-counters.js';

// As printed by iproute2 6.1 and nft 1.0.6 on Linux 6.1 for `netem delay 15ms loss 10% reorder 20%`, one line cut short.
const printed = `[{"kind":"netem","handle":"1:","root":true,"options":{"limit":3750,"delay":{"delay":0.015,"jitter":0,"correlation":0},"ecn":false,"gap":1},"bytes":19716,"packets":186,"drops":14,"overlimits":0,"requeues":37,"backlog":212,"qlen":2}]

[{"ifindex":2,"ifname":"access-c","flags":["BROADCAST","NOARP","UP","LOWER_UP"],"mtu":1500,"stats64":{"rx":{"bytes":8480,"packets":80,"errors":0,"dropped":0,"over_errors":0,"multicast":0},"tx":{"bytes":19716,"packets":186,"errors":0,"dropped":0,"carrier_errors":0,"collisions":0}}}]

table inet entered {
	chain count {
		type filter hook postrouting priority 300; policy accept;
		oifname "access-c" counter packets 202 bytes 18584
	}
}
`;

const quiet: LinkEnd = parseEnd('');

test('an end of the link is read from what tc, ip and nft print', () => {
  expect(parseEnd(printed)).toEqual({
    entered: { packets: 202, bytes: 18_584 },
    released: 186,
    drops: 14,
    atOnce: 37,
    held: 2,
    received: { packets: 80, bytes: 8480 },
  });
});

test('a device without netem has dropped nothing', () => {
  expect(parseEnd('[{"kind":"noqueue"}]\n\n[]\n')).toEqual(quiet);
});

test('what was lost did enter the link, with its bytes; what netem does not count is absent and not 0', () => {
  const received = { ...quiet, received: { packets: 186, bytes: 19_716 } };
  expect(directionCounters(parseEnd(printed), received)).toEqual({
    packetsIn: 202,
    bytesIn: 18_584,
    packetsOut: 186,
    bytesOut: 17_112,
    packetsLost: 14,
    packetsSentAtOnce: 37,
  });
});

test('copies that the link made are not what entered it', () => {
  const sender: LinkEnd = { ...quiet, entered: { packets: 100, bytes: 9200 }, released: 112 };
  const counters = directionCounters(sender, { ...quiet, received: { packets: 112, bytes: 112 * 106 } });
  expect([counters.packetsIn, counters.bytesIn, counters.packetsOut, counters.bytesOut]).toEqual([
    100, 9200, 112, 10_304,
  ]);
});

test('between two looks, what was left to chance is told apart by what could be hit', () => {
  const later: LinkEnd = {
    ...quiet,
    entered: { packets: 1000, bytes: 92_000 },
    drops: 100,
    released: 890,
    held: 10,
    atOnce: 50,
  };
  expect(drawsBetween(quiet, later, {})).toEqual({ loss: { tried: 1000, hit: 100 }, reorder: { tried: 900, hit: 50 } });
  // With a gap of 5, four of five were not asked before each that was sent at once.
  expect(drawsBetween(quiet, later, { reorderGap: 5 }).reorder).toEqual({ tried: 700, hit: 50 });
});
