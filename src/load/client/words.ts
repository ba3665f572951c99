import type { MqbenchError } from '../../base/errors.js';
import type { Connack } from '../../mqtt/codec/control-packets.js';
import type { LoadPlan } from '../../plan/plan.js';
import * as errors from '../errors.js';

/** Of whom something is told. */
interface Teller {
  readonly number: number;
  readonly state: string;
}

/** What is said of the trouble that clients have, with what the fleet knows: where they dial, and whether others got in. */
export class ClientWords {
  constructor(
    private readonly plan: LoadPlan,
    /** The address that a client dials, as it is written. */
    readonly where: (client: number) => string,
    private readonly othersConnected: () => boolean,
  ) {}

  describe(error: unknown, client: Teller): MqbenchError {
    return errors.clientError(error, this.where(client.number), this.howFar(client));
  }

  refusal(connack: Connack, { number }: Teller): MqbenchError {
    return errors.connackRefused(connack, this.plan.mqttVersion, this.where(number));
  }

  subscribeRefused(code: number, { number }: Teller): MqbenchError {
    return errors.subscribeRefused(code, this.plan.mqttVersion, this.where(number));
  }

  noDatagrams({ number }: Teller): MqbenchError {
    return errors.noDatagrams(this.where(number));
  }

  closedByPeer(client: Teller): MqbenchError {
    return errors.closedByPeer(this.where(client.number), this.howFar(client));
  }

  private howFar({ state }: Teller): errors.HowFar {
    const isOneHost = this.plan.target.hosts.length === 1;
    return { beforeConnack: state === 'greeting', othersConnected: isOneHost && this.othersConnected() };
  }
}
