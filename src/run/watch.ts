import { nowMicros } from '../base/clock.js';
import { MqbenchError } from '../base/errors.js';
import { formatDuration } from '../base/units.js';
import { stoppedDoubt } from '../result/doubts/machine.js';
import type { Doubt } from '../result/types.js';
import { descendants, type ProcessState, processState, tell } from './usage/proc.js';

/** A part of the cell that everybody waits for when it stands still. */
export interface Watched {
  /** As it is called in texts, e.g. "broker". */
  readonly name: string;
  /** Of the process that was started for it: the program, or what took the program into its namespace and waits for it. */
  readonly pid: number;
  /**
   * What its programs are called (proc(5), comm), and how many there are, where they start one another and one that
   * ends is not told by the end of the first. Undefined: it is one program, and its end is told elsewhere.
   */
  readonly programs?: { readonly name: string; readonly count: number };
}

const lookMillis = 250;
/** A part that stands still for so long will not come back in this cell. */
const longestStopMicros = 10e6;

/**
 * Looks after the processes that a cell stands on. A program that was stopped (SIGSTOP) is seen as nothing but latency by
 * everybody else, and a worker of nginx that died as nothing but lost connections.
 */
export class RoleWatch {
  private readonly parts: Part[];
  private readonly timer: NodeJS.Timeout;
  private fail: (error: Error) => void = () => {};
  /** Rejects when a part has lost a program (MQB_ROLE_DIED) or stands still for good (MQB_ROLE_STOPPED); never resolves. */
  readonly failed: Promise<never>;

  constructor(
    watched: readonly Watched[],
    private readonly say: (line: string) => void = () => {},
    private readonly look: (pid: number) => ProcessState | undefined = processState,
    familyOf: (pid: number) => readonly number[] = descendants,
  ) {
    this.parts = watched.map((one) => new Part(one, familyOf));
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {}); // whoever waits for it sees it
    this.timer = setInterval(() => this.lookAtAll(), lookMillis).unref();
    this.lookAtAll();
  }

  /** Ends the watch. @returns a doubt for each part that was stopped for a while */
  end(): Doubt[] {
    clearInterval(this.timer);
    this.lookAtAll();
    return this.parts.flatMap((part) => part.doubts());
  }

  private lookAtAll(): void {
    for (const part of this.parts) {
      const wasStopped = part.isStopped;
      const error = part.lookAt(this.look, nowMicros());
      if (part.isStopped && !wasStopped) this.say(`${part.watched.name} is stopped (SIGSTOP)`);
      if (error) this.fail(error);
    }
  }
}

class Part {
  private family: readonly number[] = [];
  private programs: readonly number[] = [];
  private readonly began = nowMicros();
  private stoppedSince: number | undefined;
  private readonly stops: { readonly fromMicros: number; readonly tookMicros: number }[] = [];

  constructor(
    readonly watched: Watched,
    private readonly familyOf: (pid: number) => readonly number[],
  ) {}

  lookAt(look: (pid: number) => ProcessState | undefined, now: number): MqbenchError | undefined {
    this.findPrograms(look);
    const states = this.programs.map(look);
    this.wakeOthers(look, states);
    this.note(
      states.some((state) => state?.stopped === true),
      now,
    );
    const { name } = this.watched;
    if (this.watched.programs && this.isComplete && states.some((state) => state === undefined || state.ended)) {
      return new MqbenchError('MQB_ROLE_DIED', `a process of ${name} ended unexpectedly`, {
        hint: 'see what the system log says: a kernel that is out of memory ends processes',
      });
    }
    if (this.stoppedSince === undefined || now - this.stoppedSince < longestStopMicros) return undefined;
    return new MqbenchError(
      'MQB_ROLE_STOPPED',
      `${name} has been stopped (SIGSTOP) for ${formatDuration(longestStopMicros)}`,
      {
        hint: `kill -CONT ${this.programs.join(' ')} lets it go on`,
      },
    );
  }

  doubts(): Doubt[] {
    this.note(false, nowMicros());
    if (this.stops.length === 0) return [];
    const { watched, began } = this;
    const stops = this.stops.map(({ fromMicros, tookMicros }) => ({ fromMicros: fromMicros - began, tookMicros }));
    return [stoppedDoubt(watched.name, stops)];
  }

  get isStopped(): boolean {
    return this.stoppedSince !== undefined;
  }

  private get isComplete(): boolean {
    return this.programs.length >= (this.watched.programs?.count ?? 1);
  }

  /** The last of a chain of processes is the program; programs that start one another may come a little later. */
  private findPrograms(look: (pid: number) => ProcessState | undefined): void {
    if (this.isComplete) return;
    const { pid, programs } = this.watched;
    this.family = this.familyOf(pid);
    this.programs = programs ? this.family.filter((one) => look(one)?.name === programs.name) : this.family.slice(-1);
  }

  /**
   * Who waits for a program in another namespace (nsenter) stops with it, and would not go on with it: it would never
   * tell of its end.
   */
  private wakeOthers(
    look: (pid: number) => ProcessState | undefined,
    states: readonly (ProcessState | undefined)[],
  ): void {
    if (states.some((state) => state?.stopped === true)) return;
    for (const pid of this.family) {
      if (!this.programs.includes(pid) && look(pid)?.stopped) tell(pid, 'SIGCONT');
    }
  }

  private note(stopped: boolean, now: number): void {
    if (stopped) {
      this.stoppedSince ??= now;
    } else if (this.stoppedSince !== undefined) {
      this.stops.push({ fromMicros: this.stoppedSince, tookMicros: now - this.stoppedSince });
      this.stoppedSince = undefined;
    }
  }
}
