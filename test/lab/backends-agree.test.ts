import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { Survey } from '../../src/lab/measure/survey.js';
import { whyNot } from './conditions.js';

// Both backends get the same links and are measured by the same probes. Where this kernel has no netem, that half runs
// on Debian's kernel in a virtual machine without KVM, whose clock counts the instructions that it executes: it does not know how busy
// this machine is. Its Node is slow, though, and late by a millisecond or two now and then: hence medians and spreads
// between percentiles, and bounds of milliseconds. What a busy machine adds to the other half is read from links with a delay and no
// jitter, and allowed on top; and since a machine that stands still for a second can only add to the delay of a link and to its
// spread, that half measures links with a delay twice, and the smaller is taken.

const root = new URL('../../', import.meta.url).pathname;
const vm = 'scripts/netem-vm.sh';

// In this order, because tc's "change" keeps what is not named: corruption, a rate, slots and a distribution must not outlive
// their link. What can be told apart in one measurement is one link: every one costs the virtual machine seconds.
const links = [
  'delay 40ms',
  'delay 40ms 5ms distribution normal loss 10%',
  'delay 40ms 5ms duplicate 10%',
  'delay 40ms 5ms distribution pareto',
  'slot 10ms 20ms packets 20',
  'slot distribution normal 20ms 3ms',
  'corrupt 10%',
  'delay 2ms loss gemodel 2% 25%',
  'delay 20ms reorder 25%',
  // The last: what is still in its queue would be counted as the next one's.
  'delay 10ms rate 4mbit',
] as const;

/** The same link in other words. */
const again = (link: string): string => link.replace('40ms', '40000us');
const delayed = links.filter((link) => link !== again(link));

/** All that differs from its 40 ms is the machine's. */
const undisturbed = 'delay 40ms';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The virtual machine works for a minute, and beside others for as long as they leave it no processor. */
const patienceSeconds = 500;
const io = {
  stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  env: { ...process.env, MQBENCH_VM_TIMEOUT: String(patienceSeconds) },
};

function runToEnd(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, ...io, timeout: (patienceSeconds + 10) * 1000 });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

async function measure(
  backend: 'tun' | 'netem',
  which: readonly string[],
  before: readonly string[] = [],
): Promise<Record<string, Survey>> {
  const command = [...before, 'node', 'dist/main.js', 'lab', 'measure', '--json', '--packets', '500'];
  const [program = '', ...args] = [...command, '--backend', backend, ...which];
  const { code, stdout, stderr } = await runToEnd(program, args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, Survey>;
}

/** How netem can be had here: directly, in a virtual machine, or not. */
async function netemCommand(): Promise<readonly string[] | string> {
  if ((await whyNot('netem')) === undefined) return [];
  const { status, stderr } = spawnSync('sh', [vm, '--prepare'], { cwd: root, encoding: 'utf8', timeout: 120_000 });
  return status === 0 ? ['sh', vm] : stderr.trim().split('\n').at(-1)!;
}

const tunReason = await whyNot('tun');
const netem = tunReason === undefined ? await netemCommand() : tunReason;
if (typeof netem === 'string') process.stderr.write(`skipped: the backends agree: ${netem}\n`);

type Surveys = Readonly<Record<string, Survey>>;

/** Of a link that was measured twice, in other words, the smaller; microseconds. */
function leastOf(surveys: Surveys, link: string, what: 'delayP50' | 'delaySpread'): number {
  return Math.min(...[link, again(link)].map((each) => surveys[each]?.oneWay[what] ?? Number.POSITIVE_INFINITY));
}

/**
 * What a machine adds to delays by itself: to a link without jitter, and to one of two measurements of the same link where
 * there are two. Microseconds.
 */
function noiseOf(surveys: Surveys): Record<'late' | 'spread' | 'answer', number> {
  const most = (read: (survey: Survey) => number): number =>
    Math.max(...[undisturbed, again(undisturbed)].flatMap((link) => (surveys[link] ? [read(surveys[link])] : [])));
  const apart = (read: (survey: Survey) => number): number =>
    Math.max(
      ...delayed.map((link) => {
        const [one, other] = [surveys[link]!, surveys[again(link)]];
        return other ? Math.abs(read(one) - read(other)) : 0;
      }),
    );
  const delay = ({ oneWay }: Survey): number => oneWay.delayP50;
  const spread = ({ oneWay }: Survey): number => oneWay.delaySpread;
  return {
    late: Math.max(
      most((survey) => Math.abs(delay(survey) - 40_000)),
      apart(delay),
    ),
    spread: Math.max(most(spread), apart(spread)),
    // A round trip is not measured twice and the smaller taken: what held up one link need not have held up the other.
    answer: Math.max(
      most(({ rtt }) => Math.abs(rtt.p50 - 40_000)),
      apart(({ rtt }) => rtt.p50),
    ),
  };
}

/** The counters of the link against what was sent and received at its ends. */
function countsWhatArrived(link: string, { backend, oneWay, counted }: Survey): void {
  const of = (what: string): string => `${link}: ${what} (${backend})`;
  const { sent } = oneWay;
  expect([counted.packetsIn, counted.bytesIn], of('packets and bytes in, what was lost included')).toEqual([
    sent,
    sent * (64 + 28),
  ]);
  // A damaged packet is no loss of the link; the receiver's checksum drops it, or with netem a broken header does.
  if (!link.includes('corrupt')) {
    expect(counted.packetsLost, of('lost')).toBe(Math.round(oneWay.lost * sent));
    const out = sent * (1 - oneWay.lost + oneWay.duplicated);
    expect([counted.packetsOut, counted.bytesOut], of('out, copies included')).toEqual([
      Math.round(out),
      Math.round(out) * (64 + 28),
    ]);
  } else expect(counted.packetsLost, of('lost')).toBe(0);
  if (link.includes('reorder')) {
    // Who is sent at once overtakes whatever waits for its 20 ms. After a moment in which a busy machine sent nothing,
    // nobody waits, so it may overtake nobody.
    const overtookNobody = counted.packetsSentAtOnce - oneWay.overtook * sent;
    expect(overtookNobody, of('sent at once, beside those that overtook')).toBeGreaterThanOrEqual(-2);
    expect(overtookNobody, of('sent at once, beside those that overtook')).toBeLessThanOrEqual(0.05 * sent);
    expect(Math.abs(counted.packetsSentAtOnce / sent - 0.25), of('sent at once')).toBeLessThan(0.095);
  } else expect(counted.packetsSentAtOnce, of('sent at once')).toBe(0);
  const uncounted = [
    counted.packetsOverflowed,
    counted.packetsReordered,
    counted.packetsDuplicated,
    counted.packetsCorrupted,
  ];
  if (backend === 'netem') expect(uncounted, of('what it does not count')).toEqual(Array(4).fill(undefined));
  else expect(counted.packetsDuplicated, of('duplicated')).toBe(Math.round(oneWay.duplicated * sent));
}

describe.skipIf(typeof netem === 'string')('tun and netem', () => {
  test(
    'do the same to packets when asked for the same',
    async () => {
      const [ours, kernels] = await Promise.all([
        measure('tun', [...delayed.map(again), ...links]),
        measure('netem', links, netem as readonly string[]),
      ]);
      const [here, there] = [noiseOf(ours), noiseOf(kernels)];
      for (const link of links) {
        const [a, b] = [ours[link]!, kernels[link]!];
        expect([a.backend, b.backend]).toEqual(['tun', 'netem']);
        const near = (what: string, x: number, y: number, within: number): void =>
          expect(Math.abs(x - y), `${link}: ${what} ${x} (tun) and ${y} (netem)`).toBeLessThanOrEqual(within);
        const least = (what: string, of: 'delayP50' | 'delaySpread', within: number): void =>
          near(what, leastOf(ours, link, of), leastOf(kernels, link, of), within);
        least('median delay', 'delayP50', 3000 + here.late + there.late);
        least('spread of the delay', 'delaySpread', 4000 + here.spread + there.spread);
        // Node in the virtual machine answers in milliseconds.
        near('median round trip', a.rtt.p50, b.rtt.p50, 15_000 + here.answer + there.answer);
        // 500 packets: five standard errors of the difference of two shares of 10 % are 9.5 points; bursts of four scatter twice as much.
        near('loss', a.oneWay.lost, b.oneWay.lost, link.includes('gemodel') ? 0.12 : 0.095);
        near('duplicates', a.oneWay.duplicated, b.oneWay.duplicated, 0.095);
        near('reordering', a.oneWay.reordered, b.oneWay.reordered, 0.15);
        for (const one of [a, b]) countsWhatArrived(link, one);
      }
      const [a, b] = [ours['delay 10ms rate 4mbit']!, kernels['delay 10ms rate 4mbit']!];
      for (const one of [a, b]) {
        expect(one.udpBitsPerSecond / 4e6, `${one.backend} UDP rate`).toBeGreaterThan(0.9);
        expect(one.udpBitsPerSecond / 4e6, `${one.backend} UDP rate`).toBeLessThan(1.05);
        expect(one.tcpBitsPerSecond / 4e6, `${one.backend} TCP rate`).toBeGreaterThan(0.6);
        expect(one.tcpBitsPerSecond / 4e6, `${one.backend} TCP rate`).toBeLessThan(1.05);
      }
    },
    (patienceSeconds + 20) * 1000,
  );
});
