import { randomBytes, randomInt } from 'node:crypto';
import process from 'node:process';
import { type Clock, ownMicros } from '../../base/clock.js';
import { clockIdentity } from '../../base/clock-identity.js';
import { MqbenchError, messageOf } from '../../base/errors.js';
import { sleep } from '../../base/sleep.js';
import { formatDuration } from '../../base/units.js';
import type { LoadPlan } from '../../plan/plan.js';
import { buildName } from '../agent/self.js';
import type { Channel } from '../channel/channel.js';
import { Ear, Speaker } from '../channel/wire.js';
import type { AgentInfo, Briefing, ClockState, FromAgent, Refusal, ToAgent } from '../messages.js';
import { lookMillis, notHeard, Silence } from '../silence.js';
import { speakerOf, toAgent, toAll, toAsker } from '../subjects.js';
import { sumOfPlans } from '../sum.js';
import type { AgentCrew } from './crew.js';
import { HiredAgent } from './hired.js';
import { lostAgent, silentRefusal, stoodStill, together, twins } from './refusals.js';

type Without<T> = T extends unknown ? Omit<T, 'asker'> : never;

export interface OfficeOptions {
  /** Whose load it is, as agents tell others. */
  readonly by: string;
  readonly clock?: Clock;
  readonly node?: string;
}

/** Agents are hired within this, or say why not: 32 questions for the time take a quarter of a second on a quick path. */
const hireMillis = 8_000;

/** The coordinator's end of the channel: who is there, who works for it, and who has gone. */
export class Office {
  /** Drawn anew: what was said to an earlier run is not for this one. */
  readonly asker = randomBytes(6).toString('hex');
  private readonly speaker: Speaker;
  private readonly ear = new Ear();
  private readonly clock: Clock;
  private readonly silence: Silence;
  private readonly look: NodeJS.Timeout;
  private readonly agents = new Map<string, HiredAgent>();
  private readonly listeners = new Set<(name: string, message: FromAgent) => void>();
  private crew: AgentCrew | undefined;
  /** What stamps of this run name as their clock. */
  private stamp: number | undefined;
  private closing = false;
  /** The connection is lost. */
  private broken: MqbenchError | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly options: OfficeOptions,
  ) {
    this.clock = options.clock ?? ownMicros;
    this.speaker = new Speaker(channel);
    this.silence = new Silence(this.clock);
    this.look = setInterval(() => this.lookAround(), lookMillis);
    channel.subscribe(toAsker(this.asker), (subject, data) => this.hear(subject, data));
    void channel.closed.then((why) => this.cutOff(why));
  }

  /** Bytes that were said and heard until now. */
  get traffic(): { readonly saidBytes: number; readonly heardBytes: number } {
    return { saidBytes: this.speaker.saidBytes, heardBytes: this.ear.heardBytes };
  }

  /** Longest time for which this process did not look at what came, µs. */
  get heldUpMicros(): number {
    return this.silence.heldUpMicros;
  }

  /**
   * Who is there: every agent that answers in time, by name.
   * @throws MQB_AGENT_SERVER when the connection is lost
   * @param enough ends the wait as soon as so many have answered
   */
  async roll(millis: number, enough = Number.POSITIVE_INFINITY): Promise<AgentInfo[]> {
    const here = new Map<string, AgentInfo>();
    await this.channel.flush();
    await this.listen(
      millis,
      (name, message) => {
        // A key speaks for one name, and what is said under it is of nobody else.
        if (message.kind === 'here' && message.info.name === name) here.set(message.info.instance, message.info);
        return here.size >= enough;
      },
      () => this.speaker.say(toAll, { kind: 'roll', asker: this.asker }),
    );
    if (this.broken) throw this.broken;
    return [...here.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** How the clocks of these agents differ; those that do not answer in time are left out. */
  async tune(names: readonly string[], millis: number): Promise<Map<string, ClockState>> {
    const states = new Map<string, ClockState>();
    const missing = new Set(names);
    await this.listen(
      millis,
      (name, message) => {
        if (message.kind !== 'tuned') return false;
        missing.delete(name);
        if (message.clock) states.set(name, message.clock);
        return missing.size === 0;
      },
      () => {
        for (const name of names) this.say(name, { kind: 'tune' });
      },
    );
    return states;
  }

  /** Takes these agents into service; none of them works for anybody else from then on. @throws what each that refuses says, in one */
  async hire(infos: readonly AgentInfo[]): Promise<HiredAgent[]> {
    const double = twins(infos);
    if (double.length > 0) throw together(double);
    const hired = infos.map((info) => new HiredAgent(info, (message) => this.say(info.name, message), this.clock));
    for (const agent of hired) this.agents.set(agent.name, agent);
    const refusals = new Map<string, Refusal>();
    const missing = new Set(hired);
    const clock = clockIdentity();
    this.stamp ??= infos.every((info) => info.clock === clock) ? clock : randomInt(2 ** 48 - 1);
    const { stamp } = this;
    const [node, build] = [this.options.node ?? process.versions.node, buildName()];
    await this.listen(
      hireMillis,
      (name, message) => {
        const agent = this.agents.get(name);
        if (message.kind !== 'hired' || agent === undefined) return false;
        missing.delete(agent);
        agent.noteClock(message.clock);
        if (message.refusal) refusals.set(name, message.refusal);
        return missing.size === 0;
      },
      () => {
        for (const { name, info } of hired) {
          const { instance, workers } = info;
          const hiring = { by: this.options.by, instance, build, node, clock, stamp, workers };
          this.say(name, { kind: 'hire', hiring });
        }
      },
    );
    for (const { name } of missing) refusals.set(name, silentRefusal(name));
    if (refusals.size > 0) {
      for (const { name } of hired) this.dismiss(name);
      throw together([...refusals.values()]);
    }
    for (const { name } of hired) this.silence.heard(name);
    return hired;
  }

  /** Tells every agent what the load is, before anything of it begins. @throws what they refuse, in one */
  async brief(agents: readonly HiredAgent[], plans: readonly LoadPlan[]): Promise<void> {
    const told = plans.map(({ feed: _feed, ...plan }) => plan);
    const briefing: Briefing = { plans: told, sum: sumOfPlans(told) };
    const refusals: Refusal[] = [];
    const missing = new Set(agents.filter(({ lost }) => lost === undefined).map(({ name }) => name));
    for (const { lost } of agents) if (lost) throw lost;
    await this.listen(
      hireMillis,
      (name, message) => {
        if (message.kind !== 'briefed') return this.agents.get(name)?.lost !== undefined;
        missing.delete(name);
        if (message.refusal) refusals.push(message.refusal);
        return missing.size === 0;
      },
      () => {
        for (const { name } of agents) this.say(name, { kind: 'brief', briefing });
      },
    );
    for (const name of missing) refusals.push(silentRefusal(name));
    if (refusals.length > 0) throw together(refusals);
  }

  /** Whose load is running; who is lost from now on is lost to it. */
  employ(crew: AgentCrew | undefined): void {
    this.crew = crew;
  }

  /** Ends the service of all agents, and the connection. Idempotent. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    clearInterval(this.look);
    for (const name of [...this.agents.keys()]) this.dismiss(name);
    await Promise.race([this.channel.flush().catch(() => {}), sleep(500)]);
    await this.channel.close().catch(() => {});
  }

  private dismiss(name: string): void {
    this.silence.forget(name);
    this.agents.delete(name);
    this.say(name, { kind: 'dismiss' });
  }

  private say(name: string, message: Without<ToAgent>): void {
    this.speaker.say(toAgent(name), { ...message, asker: this.asker });
  }

  private async listen(
    millis: number,
    listener: (name: string, message: FromAgent) => boolean,
    begin: () => void,
  ): Promise<void> {
    await new Promise<void>((resolve) => {
      const mine = (name: string, message: FromAgent): void => {
        if (listener(name, message)) done();
      };
      const done = (): void => {
        clearTimeout(timer);
        this.listeners.delete(mine);
        resolve();
      };
      const timer = setTimeout(done, millis);
      this.listeners.add(mine);
      begin();
    });
  }

  private hear(subject: string, data: Uint8Array): void {
    const heardMicros = this.clock();
    const name = speakerOf(subject);
    const agent = this.agents.get(name);
    let message: FromAgent | undefined;
    try {
      message = this.ear.hear(subject, data) as FromAgent | undefined;
    } catch (error) {
      if (agent && !agent.lost) this.lose(agent, messageOf(error));
      return;
    }
    if (typeof message !== 'object' || message === null) return;
    if (message.kind === 'beat') this.echo(name, message.number, heardMicros);
    if (agent && !agent.lost) {
      this.silence.heard(name);
      if (message.kind === 'bye') this.lose(agent, message.reason);
      else agent.hear(message);
    }
    for (const listener of [...this.listeners]) listener(name, message);
  }

  private echo(name: string, number: number, heardMicros: number): void {
    // One that was given up has to stop what it does, once it can be heard again.
    if (this.agents.get(name)?.lost) this.say(name, { kind: 'dismiss' });
    else this.say(name, { kind: 'echo', number, heardMicros, answeredMicros: this.clock() });
  }

  private lookAround(): void {
    for (const { who, silentMicros } of this.silence.look()) {
      const agent = this.agents.get(who);
      if (agent && !agent.lost) this.lose(agent, `nothing was heard of it for ${formatDuration(silentMicros)}`);
    }
  }

  private lose(agent: HiredAgent, why: string): void {
    this.silence.forget(agent.name);
    // One that is silent is so by itself: the time in which this process could not hear is taken off.
    const still = why === notHeard ? this.silence.stoodStillMicros : 0;
    const error = still > 0 ? stoodStill(agent, still) : lostAgent(agent, why);
    if (this.crew) this.crew.lose(agent, error);
    else agent.lose(error, true);
  }

  private cutOff(why: string): void {
    if (this.closing) return;
    const error = new MqbenchError('MQB_AGENT_SERVER', `the connection to the NATS server is lost: ${why}`, {
      hint: 'agents that lose it stop their load; look at the log of the server, and start the run again',
    });
    this.broken = error;
    for (const agent of this.agents.values()) if (!agent.lost) agent.lose(error, true);
    this.silenceAll();
  }

  private silenceAll(): void {
    for (const name of this.agents.keys()) this.silence.forget(name);
  }
}
