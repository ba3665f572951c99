import { MqbenchError, machineError } from '../../base/errors.js';
import type { Spawn } from '../../base/process/child.js';
import type { Act, EventProof, LabEvent } from '../../lab/contract.js';
import type { OpenLab } from '../../lab/lab.js';
import type { EventTime } from '../../load/messages.js';
import type { LabFacts, LabOrder } from '../messages.js';

/** The network of its own that an agent holds for a cell, where its owner allows that. */
export class HeldLab {
  private lab: OpenLab | undefined;
  private opening: Promise<OpenLab> | undefined;

  /**
   * @param isAllowed by the owner
   * @param ahead what the coordinator's clock is ahead of this machine's, at a time of this one
   * @param onFailed it has died by itself
   */
  constructor(
    private readonly isAllowed: boolean,
    private readonly ahead: (own: number) => number,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  /** How workers are started: inside, where there is one. */
  get place(): Spawn | undefined {
    const { lab } = this;
    return lab && ((command, args, options = {}) => lab.spawn('client', command, args, options));
  }

  /** Does what it is told; times in what it answers are the coordinator's. */
  async obey({ what, spec, event, echo }: LabOrder): Promise<unknown> {
    if (what === 'open') return this.open(spec);
    if (what === 'close') return this.close();
    const { lab } = this;
    if (lab === undefined) throw new MqbenchError('MQB_LAB_DIED', 'there is no network to do that in');
    if (what === 'calibrate') return lab.calibrate(echo);
    if (what === 'event') return this.told(await lab.event(event as LabEvent));
    return what === 'reading' ? lab.reading() : lab.counters();
  }

  private async open(spec: LabOrder['spec']): Promise<LabFacts> {
    if (!this.isAllowed)
      throw machineError(
        'MQB_AGENT_LAB',
        'its owner does not let it make a network of its own',
        'start it with --lab, as root where the broker is outside of the network',
      );
    if (spec === undefined) throw new MqbenchError('MQB_AGENT_WORDS', 'a network without a description was asked for');
    await this.close();
    const { openLab } = await import('../../lab/lab.js');
    // A capture would write files of this machine.
    this.opening = openLab({ ...spec, captureTo: undefined });
    this.lab = await this.opening;
    this.lab.failed.catch((error) => this.onFailed(error));
    const { backend, description, clientAddresses, serverAddress } = this.lab;
    return { backend, description, clientAddresses: [...clientAddresses], serverAddress };
  }

  private told(proof: EventProof): EventProof {
    const acts = proof.acts.map((act) => this.asTheirs(act));
    return { ...proof, acts, atMicros: proof.atMicros + this.ahead(proof.atMicros) };
  }

  private asTheirs({ beganMicros, endedMicros, ...rest }: Act): Act {
    const [began, ended] = [beganMicros + this.ahead(beganMicros), endedMicros + this.ahead(endedMicros)];
    return { ...rest, beganMicros: began, endedMicros: ended };
  }

  /** Takes it away, also when it is only about to be there. @returns what could not be undone */
  async close(): Promise<string[]> {
    const lab = await this.opening?.catch(() => undefined);
    this.opening = undefined;
    this.lab = undefined;
    return lab === undefined ? [] : lab.close();
  }
}

/** What happened to the clients of this agent alone, of an event of all. */
export const ownTime = (when: EventTime, agent: string): EventTime => when.apart?.[agent] ?? when;
