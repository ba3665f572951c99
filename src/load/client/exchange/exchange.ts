import type { TemplateOf } from '../../../mqtt/session/publishes.js';
import type { Session } from '../../../mqtt/session/session.js';
import type { StreamMapper } from '../../../mqtt/session/stream-map.js';
import type { ClientHost } from '../host.js';
import type { ClientName } from '../naming.js';
import type { Traffic } from '../traffic.js';
import { Requests } from './requests.js';
import { Responses, responseFlow } from './responses.js';

/** What a client asks and answers, beside what it publishes and receives; most clients do neither. */
export class Exchange {
  /** Undefined: it does not ask. */
  readonly requests: Requests | undefined;
  /** Undefined: it does not answer. */
  readonly responses: Responses | undefined;

  constructor(
    name: ClientName,
    session: Session,
    host: ClientHost,
    mapper: StreamMapper | undefined,
    private readonly traffic: Traffic,
  ) {
    const { publish, subscribe } = host.plan;
    if (name.publishes && publish?.request) this.requests = new Requests(name, session, host);
    const respond = name.subscribes && !name.publishes ? subscribe?.respond : undefined;
    if (respond) this.responses = new Responses(respond.bytes, session, host, mapper);
  }

  /** A message came in, with its payload from `start` on. @returns whether it answers a request of this client */
  arrive(buffer: Buffer, start: number, now: number): boolean {
    if (this.requests?.arrive(buffer, start, now)) return true;
    this.responses?.answer(buffer, start);
    return false;
  }

  /** @returns whether what was acknowledged is a response of this client */
  acknowledge(flow: number, sequence: number): boolean {
    if (flow !== responseFlow) return false;
    this.responses?.acknowledge(sequence);
    return true;
  }

  /** The PUBLISH of a message, or of a response, that is to go out again. */
  readonly templateOf: TemplateOf = (flow, sequence) =>
    flow === responseFlow && this.responses !== undefined
      ? this.responses.templateOf(sequence)
      : this.traffic.templateOf(flow, sequence);
}
