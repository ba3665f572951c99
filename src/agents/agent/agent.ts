import { type Clock, type ClockLine, ownMicros } from '../../base/clock.js';
import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { Spawn } from '../../base/process/child.js';
import type { Role } from '../../base/process/role.js';
import type { Channel } from '../channel/channel.js';
import { Ear, Speaker } from '../channel/wire.js';
import type { AgentInfo, Briefing, FromAgent, Hiring, Refusal, ToAgent } from '../messages.js';
import { longestSilenceMicros, lookMillis, notHeard, Silence } from '../silence.js';
import { fromAgent, toAgent, toAll } from '../subjects.js';
import { sumOfPlans } from '../sum.js';
import { HeldLab } from './held-lab.js';
import { Pulse } from './pulse.js';
import { refusalFrom, Squad } from './squad.js';
import { refusalOf } from './targets.js';

export interface AgentOptions {
  readonly channel: Channel;
  readonly info: AgentInfo;
  /** What the machine was found to lack, once that is known. */
  readonly findings?: () => AgentInfo['findings'];
  /** Starts a load worker process. */
  readonly startWorker: (number: number, spawn?: Spawn) => Role;
  /** This machine's own clock. */
  readonly clock?: Clock;
  /** What whoever looks at the agent should know. */
  readonly note: (line: string) => void;
}

/** A worker that is told to end has its connections closed by then. */
const politeMillis = 3_000;

/** A coordinator whose load it runs. */
interface Job {
  readonly asker: string;
  readonly hiring: Hiring;
  readonly pulse: Pulse;
  readonly squad: Squad;
  readonly lab: HeldLab;
  readonly silence: Silence;
  readonly look: NodeJS.Timeout;
  /** Its clock is known, and orders may come. */
  isHired: boolean;
}

/** Does on this machine what a coordinator elsewhere says: one load at a time, for as long as that one is heard. */
export class Agent {
  private readonly speaker: Speaker;
  private readonly ear = new Ear();
  private readonly tuning = new Map<string, Pulse>();
  private job: Job | undefined;
  private ending: Promise<void> = Promise.resolve();

  constructor(private readonly options: AgentOptions) {
    const { channel, info } = options;
    this.speaker = new Speaker(channel);
    for (const subject of [toAll, toAgent(info.name)]) channel.subscribe(subject, (on, data) => this.hear(on, data));
  }

  /** Ends what it runs, and says so. */
  async close(reason: string): Promise<void> {
    for (const pulse of this.tuning.values()) pulse.end();
    this.tuning.clear();
    await this.drop(reason);
  }

  private say(asker: string, message: FromAgent): void {
    this.speaker.say(fromAgent(this.options.info.name, asker), message);
  }

  private hear(on: string, data: Uint8Array): void {
    let message: ToAgent | undefined;
    try {
      message = this.ear.hear(on, data) as ToAgent | undefined;
    } catch (error) {
      // An order is missing: nobody knows any more what this load is.
      void this.drop(error instanceof MqbenchError ? error.message : String(error));
    }
    if (message === undefined) return;
    try {
      this.obey(message);
    } catch (error) {
      this.options.note(`did not understand what was said to it: ${refusalFrom(error).message}`);
    }
  }

  private obey(message: ToAgent): void {
    const { asker } = message;
    if (message.kind === 'roll') this.say(asker, { kind: 'here', info: this.info });
    else if (message.kind === 'tune') this.tune(asker);
    else if (message.kind === 'hire')
      this.hire(asker, message.hiring).catch((error) => this.options.note(refusalFrom(error).message));
    else if (message.kind === 'echo') this.heardTime(message);
    else if (this.job?.asker === asker) this.work(this.job, message);
    // One that has lost its coordinator, or was started again, has no part in a load that is running.
    else if (message.kind !== 'dismiss')
      this.say(asker, { kind: 'bye', reason: 'it is not part of this run any more' });
  }

  private heardTime({ asker, number, heardMicros, answeredMicros }: Extract<ToAgent, { kind: 'echo' }>): void {
    const { job } = this;
    const pulse = job?.asker === asker ? job.pulse : this.tuning.get(asker);
    pulse?.heard(number, heardMicros, answeredMicros);
    if (job?.asker !== asker) return;
    job.silence.heard(asker);
    // Before the load a clock that steps is refused with its own error (hire); in the middle of it nothing here is due in time any more.
    if (job.isHired && job.pulse.unstable !== undefined) void this.drop(`its clock ${job.pulse.unstable}`);
  }

  private work(job: Job, message: Extract<ToAgent, { kind: 'brief' | 'call' | 'lab' | 'end' | 'dismiss' }>): void {
    if (message.kind === 'brief') this.brief(job, message.briefing);
    else if (message.kind === 'call') job.squad.call(message);
    else if (message.kind === 'dismiss') void this.drop();
    else if (message.kind === 'lab')
      void job.lab.obey(message.order).then(
        (result) => this.say(job.asker, { kind: 'answer', id: message.id, result }),
        (error) => this.say(job.asker, { kind: 'answer', id: message.id, refusal: refusalFrom(error) }),
      );
    else
      void job.squad
        .end(message.workers, politeMillis)
        .then(() => this.say(job.asker, { kind: 'ended', id: message.id }));
  }

  private get clock(): Clock {
    return this.options.clock ?? ownMicros;
  }

  private get info(): AgentInfo {
    const { info, findings } = this.options;
    return { ...info, findings: findings?.(), busy: this.job?.hiring.by };
  }

  /** For who only wants to know how the clocks differ. */
  private tune(asker: string): void {
    this.tuning.get(asker)?.end();
    const ask = (number: number): void => this.say(asker, { kind: 'beat', number });
    const pulse = new Pulse({ ask, sameClock: false, clock: this.clock });
    this.tuning.set(asker, pulse);
    pulse.begin();
    void soon(pulse.tuned, longestSilenceMicros / 1000).then(() => {
      pulse.end();
      this.tuning.delete(asker);
      this.say(asker, { kind: 'tuned', clock: pulse.state });
    });
  }

  private async hire(asker: string, hiring: Hiring): Promise<void> {
    const refusal = this.refuses(asker, hiring);
    if (refusal) return this.say(asker, { kind: 'hired', refusal });
    // A coordinator that has lost it takes it into its service again.
    await this.drop();
    const { info, startWorker, note } = this.options;
    const say = (message: FromAgent): void => this.say(asker, message);
    const pulse = new Pulse({
      ask: (number, clock) => say({ kind: 'beat', number, clock }),
      sameClock: hiring.clock === info.clock,
      clock: this.clock,
      onLine: () => squad.steer(),
    });
    const squad = new Squad(
      hiring,
      say,
      (worker) => startWorker(worker, lab.place),
      info.name,
      () => lineOf(pulse, hiring),
      () => pulse.now(),
    );
    const lab = new HeldLab(
      info.lab === true,
      (own) => pulse.ahead(own),
      (error) => say({ kind: 'labDied', refusal: refusalFrom(error) }),
    );
    const silence = new Silence(this.clock);
    silence.heard(asker);
    const look = setInterval(() => {
      if (silence.look().length > 0) void this.drop(notHeard);
    }, lookMillis);
    this.job = { asker, hiring, pulse, squad, lab, silence, look, isHired: false };
    note(`runs a load of ${hiring.by}`);
    pulse.begin();
    await pulse.tuned;
    if (this.job?.asker !== asker) return;
    const { unstable } = pulse;
    if (unstable !== undefined) {
      say({ kind: 'hired', refusal: unstableClock(info.name, unstable) });
      return void this.drop();
    }
    this.job.isHired = true;
    say({ kind: 'hired', clock: pulse.state as NonNullable<Pulse['state']> });
  }

  private refuses(asker: string, hiring: Hiring): Refusal | undefined {
    const { name, instance, build, node } = this.options.info;
    const { job } = this;
    if (hiring.instance !== instance)
      return {
        code: 'MQB_AGENT_NAME',
        message: `there are two agents ${name}, or it was started again in this moment`,
        hint: 'give each a name of its own: mqbench agent --name',
        exitCode: exitCodes.machine,
      };
    if (job !== undefined && job.asker !== asker)
      return {
        code: 'MQB_AGENT_BUSY',
        message: `the agent ${name} runs a load of ${job.hiring.by}`,
        hint: 'wait until it is over, or take other agents: --agents-select',
        exitCode: exitCodes.machine,
      };
    const major = (text: string): string => text.split('.')[0] ?? '';
    if (hiring.build === build && major(hiring.node) === major(node)) return undefined;
    return {
      code: 'MQB_AGENT_VERSION',
      message: `the agent ${name} is mqbench ${build} on Node ${node}, and the coordinator ${hiring.build} on Node ${hiring.node}`,
      hint: 'a run has one version of mqbench and of Node everywhere: install the same on both',
      exitCode: exitCodes.machine,
    };
  }

  private brief({ asker, squad }: Job, { plans, sum }: Briefing): void {
    const { name, allow } = this.options.info;
    const own = sumOfPlans(plans);
    const refusal = own === sum ? refusalOf(plans, name, allow) : otherSum(name);
    squad.brief(refusal, plans.length);
    this.say(asker, refusal ? { kind: 'briefed', refusal } : { kind: 'briefed', sum: own });
  }

  private async endOf({ squad, lab }: Job): Promise<void> {
    await squad.close();
    for (const line of await lab.close()) this.options.note(line);
  }

  /** Ends the load that runs. @param reason said to the coordinator; undefined: it knows */
  private async drop(reason?: string): Promise<void> {
    const { job } = this;
    if (job === undefined) return this.ending;
    this.job = undefined;
    clearInterval(job.look);
    job.pulse.end();
    this.ending = this.endOf(job).catch((error) => this.options.note(refusalFrom(error).message));
    if (reason !== undefined) {
      this.options.note(`stops the load of ${job.hiring.by}: ${reason}`);
      this.say(job.asker, { kind: 'bye', reason });
    }
    await this.ending;
    this.options.note('is free again');
  }
}

/** What workers are to follow; undefined: their own clock is the one that everybody reads. */
function lineOf(pulse: Pulse, { clock, stamp }: Hiring): ClockLine | undefined {
  return pulse.line ?? (stamp === clock ? undefined : { fromMicros: 0, offsetMicros: 0, slope: 0 });
}

const unstableClock = (name: string, unstable: string): Refusal => ({
  code: 'MQB_AGENT_CLOCK',
  message: `the clock of the agent ${name} ${unstable}`,
  hint: 'whoever sets the clock of that machine (or of a virtual machine that was moved) has to be done before a run',
  exitCode: exitCodes.machine,
});

const otherSum = (name: string): Refusal => ({
  code: 'MQB_AGENT_PLAN',
  message: `the agent ${name} understands something else of this load than the coordinator`,
  hint: 'install the same build of mqbench on both',
  exitCode: exitCodes.machine,
});

/** Resolves with it, or when the time is over. */
function soon(promise: Promise<void>, millis: number): Promise<void> {
  return Promise.race([promise, new Promise<void>((resolve) => setTimeout(resolve, millis).unref())]);
}
