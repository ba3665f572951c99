import { expect, test } from 'vitest';
import { directionCounters, drawsBetween, type LinkEnd, parseEnd } from '../../../../src/lab/netem/counters.js';

// As printed by iproute2 6.1, the kernel and nft 1.0.6 on Debian's Linux 6.1 (scripts/netem-vm.sh), 300 echoes of 92 bytes through
// `delay 15ms loss 10% reorder 20%` there and `delay 15ms duplicate 10% rate 4mbit -14` back.
const clientEnd = `[{"kind":"netem","handle":"1:","root":true,"refcnt":3,"options":{"limit":3750,"delay":{"delay":0.015,"jitter":0,"correlation":0},"loss-random":{"loss":0.1,"correlation":0},"reorder":{"reorder":0.2,"correlation":0},"ecn":false,"gap":1},"bytes":28408,"packets":268,"drops":32,"overlimits":0,"requeues":57,"backlog":0,"qlen":0}]

30210 285 0 0 0 0 0 0 28408 268 0 0 0 0 0 0
table inet entered {
	chain count {
		type filter hook postrouting priority 300; policy accept;
		oifname "access-c" counter packets 300 bytes 27600
	}
}
`;
const natEnd = `[{"kind":"netem","handle":"1:","root":true,"refcnt":3,"options":{"limit":1025,"delay":{"delay":0.015,"jitter":0,"correlation":0},"duplicate":{"duplicate":0.1,"correlation":0},"rate":{"rate":500000,"packetoverhead":-14,"cellsize":0,"celloverhead":0},"ecn":false,"gap":0},"bytes":30210,"packets":285,"drops":0,"overlimits":0,"requeues":0,"backlog":0,"qlen":0}]

28408 268 0 0 0 0 0 0 30210 285 0 0 0 0 0 0
table inet entered {
	chain count {
		type filter hook postrouting priority 300; policy accept;
		oifname "access-n" counter packets 268 bytes 24656
	}
}
`;

const quiet: LinkEnd = parseEnd('');

test('an end of the link is read from what tc, the kernel and nft print', () => {
  expect(parseEnd(clientEnd)).toEqual({
    entered: { packets: 300, bytes: 27_600 },
    released: 268,
    drops: 32,
    atOnce: 57,
    held: 0,
    received: { packets: 285, bytes: 30_210 },
  });
});

test('a device without netem has dropped nothing', () => {
  expect(parseEnd('[{"kind":"noqueue"}]\n0 0 0\n')).toEqual(quiet);
});

test('what was lost did enter the link, with its bytes; what netem does not count is absent and not 0', () => {
  expect(directionCounters(parseEnd(clientEnd), parseEnd(natEnd))).toEqual({
    packetsIn: 300,
    bytesIn: 300 * 92,
    packetsOut: 268,
    bytesOut: 268 * 92,
    packetsLost: 32,
    packetsSentAtOnce: 57,
  });
});

test('copies that the link made are not what entered it', () => {
  expect(directionCounters(parseEnd(natEnd), parseEnd(clientEnd))).toEqual({
    packetsIn: 268,
    bytesIn: 268 * 92,
    packetsOut: 285,
    bytesOut: 285 * 92,
    packetsLost: 0,
    packetsSentAtOnce: 0,
  });
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
