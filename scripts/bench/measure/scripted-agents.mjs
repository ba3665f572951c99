// Many agents with no load behind them, on one channel: they join, are hired, ask for the time four times a second, tell the
// progress of a worker each five times a second, and report at the end. In a process of its own:
//   node scripts/bench/measure/scripted-agents.mjs nats://127.0.0.1:4222 1000
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { built } from './build.mjs';

const { buildName } = await built('agents/agent/self.js');
const { Ear, Speaker } = await built('agents/channel/wire.js');
const { fromAgent } = await built('agents/subjects.js');
const { clockIdentity } = await built('base/clock-identity.js');
const { noCounts, Segment } = await built('load/segment.js');
const { Histogram } = await built('metrics/histogram.js');

const stepMillis = 200;
const beatMillis = 250;
/** Of each agent's clients: messages in a step, all acknowledged and received. */
const perStep = 20;

/** Latencies as a broker gives them: some forty buckets. */
function latencies(count) {
  const histogram = new Histogram();
  for (let i = 0; i < count; i++) histogram.record(200 + ((i * 7919) % 41) * 23);
  return histogram;
}

export class ScriptedFleet {
  working = 0;
  beats = 0;
  /** Longest wait for the coordinator's time, ms. */
  slowest = 0;
  #asked = new Map();

  constructor(channel, count) {
    this.speaker = new Speaker(channel);
    this.ear = new Ear();
    this.timers = [];
    this.states = new Map();
    for (let i = 0; i < count; i++)
      this.states.set(`s-${i}`, { name: `s-${i}`, number: 0, steps: 0, worker: undefined });
    for (const subject of ['mqb.all', 'mqb.to.*']) channel.subscribe(subject, (on, data) => this.hear(on, data));
    const step = latencies(perStep).toData();
    this.progress = {
      ack: step,
      e2e: step,
      connack: new Histogram().toData(),
      counts: { ...noCounts(), offered: perStep, sent: perStep, acknowledged: perStep, received: perStep },
    };
    this.begun = performance.now();
    this.every(stepMillis, (state) => this.step(state));
    this.every(beatMillis, (state) => state.asker && this.beat(state));
  }

  /** Agents take their turns: they are not all awake at the same moment. */
  every(millis, act) {
    const states = [...this.states.values()];
    const slices = Math.min(50, states.length);
    for (let slice = 0; slice < slices; slice++) {
      const mine = states.filter((_, i) => i % slices === slice);
      setTimeout(() => this.timers.push(setInterval(() => mine.forEach(act), millis)), (slice * millis) / slices);
    }
  }

  say(state, message) {
    this.speaker.say(fromAgent(state.name, state.asker), message);
  }

  beat(state) {
    const number = state.number++;
    this.#asked.set(`${state.name} ${number}`, performance.now());
    this.say(state, {
      kind: 'beat',
      number,
      clock: { offsetMicros: 0, boundMicros: 0, driftPpm: 0, roundTripMicros: 300 },
    });
  }

  step(state) {
    if (state.worker === undefined || state.epoch === undefined) return;
    const own = performance.timeOrigin === undefined ? 0 : state.steps++;
    const data = {
      ...{
        worker: 0,
        step: own,
        connectedNow: 100,
        connectedLeast: 100,
        cut: 0,
        gone: 0,
        failed: 0,
        inFlight: 0,
        lateSends: 0,
      },
      ...this.progress,
    };
    this.say(state, {
      kind: 'event',
      worker: state.worker,
      atMicros: Number(process.hrtime.bigint() / 1000n),
      event: 'progress',
      data,
    });
  }

  hear(on, data) {
    const message = this.ear.hear(on, data);
    if (message === undefined) return;
    if (on === 'mqb.all') {
      for (const state of this.states.values()) {
        this.speaker.say(fromAgent(state.name, message.asker), { kind: 'here', info: this.info(state) });
      }
      return;
    }
    const state = this.states.get(on.slice('mqb.to.'.length));
    if (state !== undefined) this.obey(state, message);
  }

  info({ name }) {
    return {
      ...{
        name,
        instance: name,
        labels: {},
        host: 'nowhere',
        build: buildNameOnce(),
        node: process.versions.node,
        cores: 1,
        workers: 1,
      },
      ...{ memoryBytes: 1e9, allow: ['any'], clock: clockIdentity(), findings: [] },
    };
  }

  obey(state, message) {
    if (message.kind === 'hire') {
      state.asker = message.asker;
      this.say(state, { kind: 'hired', clock: { offsetMicros: 0, boundMicros: 0, driftPpm: 0, roundTripMicros: 300 } });
    } else if (message.kind === 'echo') {
      const key = `${state.name} ${message.number}`;
      this.slowest = Math.max(this.slowest, performance.now() - (this.#asked.get(key) ?? performance.now()));
      this.#asked.delete(key);
      this.beats++;
    } else if (message.kind === 'brief') this.say(state, { kind: 'briefed', sum: message.briefing.sum });
    else if (message.kind === 'call') this.call(state, message);
    else if (message.kind === 'end') this.say(state, { kind: 'ended', id: message.id });
    else if (message.kind === 'dismiss') {
      state.asker = undefined;
      state.worker = undefined;
    }
  }

  call(state, { calls, method, params }) {
    for (const { id, worker } of calls) {
      if (method === 'start') {
        state.worker = worker;
        state.epoch = params.epochMicros;
        state.share = params.share;
        this.working++;
      }
      this.say(state, { kind: 'answer', id, result: this.resultOf(state, method) });
    }
  }

  resultOf(state, method) {
    const sent = state.steps * perStep;
    const counts = { ...noCounts(), offered: sent, sent, acknowledged: sent, received: sent };
    if (method === 'connect') return { connected: 100, failed: 0 };
    if (method === 'standing')
      return { fleet: 0, counts, inFlight: 0, waiting: 0, connected: 100, gone: 0, lastSentMicros: 0 };
    if (method === 'processorUse') return { cpuUserMicros: 1, cpuSystemMicros: 1, peakRssBytes: 1, contextSwitches: 1 };
    return method === 'collect' ? this.report(state, counts) : null;
  }

  report({ share, steps }, counts) {
    const segment = new Segment(null, 0);
    Object.assign(segment.counts, counts);
    const all = latencies(Math.max(1, steps * perStep));
    segment.ack.addData(all.toData());
    segment.e2e.addData(all.toData());
    const none = new Histogram().toData();
    return {
      ...{ fleet: 0, share, failedAttempts: 0, lateSends: 0, refused: 0, foreign: 0, otherClock: 0, disconnects: 0 },
      ...{ segments: [segment.toData(60e6)], gaps: none, openGaps: none, everConnected: 100, lastFirstUpMicros: 0 },
      loopDelay: { connecting: none, traffic: none, drain: none },
      connectTook: { earlier: none, later: none },
      ...{
        gone: { clients: 0 },
        errors: [],
        addresses: [],
        counters: {},
        events: [],
        receiveDrops: 0,
        boundaryLateMicros: 0,
      },
      use: { cpuUserMicros: 1, cpuSystemMicros: 1, peakRssBytes: 1, rssBytes: 1, contextSwitches: 1 },
      busyShare: { connecting: 0, traffic: 0, drain: 0 },
    };
  }

  close() {
    for (const timer of this.timers) clearInterval(timer);
  }
}

let build;
const buildNameOnce = () => {
  build ??= buildName();
  return build;
};

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { openNats } = await built('agents/nats/channel.js');
  const channel = await openNats({ url: argv[2], name: 'scripted agents' });
  const fleet = new ScriptedFleet(channel, Number(argv[3]));
  await channel.flush();
  process.stdout.write('ready\n');
  await channel.closed;
  process.stdout.write(`${JSON.stringify({ beats: fleet.beats, slowest: fleet.slowest })}\n`);
}
