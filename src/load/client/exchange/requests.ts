import { arrivalKinds } from '../../../metrics/arrivals.js';
import { afterText, propertyAt, publishProperties } from '../../../mqtt/codec/publish-properties.js';
import type { Session } from '../../../mqtt/session/session.js';
import { readStamp, type Stamp, stampBytes } from '../../../mqtt/stamp/stamp.js';
import type { Outstanding } from '../../worker/outstanding.js';
import type { ClientHost } from '../host.js';
import type { ClientName } from '../naming.js';
import type { Traffic } from '../traffic.js';

const stamp: Stamp = { run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 };

/**
 * What a client that asks is answered. The correlation data of a request is its stamp, so a response says by itself which
 * request it answers, and when that was due.
 */
export class Requests {
  /** First answers; further ones of the same request. */
  answered = 0;
  again = 0;
  /** By topic of the client. */
  private readonly tracks: number[];

  constructor(
    private readonly name: ClientName,
    private readonly session: Session,
    private readonly host: ClientHost,
  ) {
    const { arrivals } = host.books;
    this.tracks = Array.from({ length: host.plan.topics ?? 1 }, () => arrivals.open());
  }

  /** Something came in. @returns false when it is no response to a request of this client */
  arrive(buffer: Buffer, start: number, now: number): boolean {
    const { propertiesAt } = this.session;
    if (propertiesAt === 0) return false;
    const at = propertyAt(buffer, propertiesAt, start, publishProperties.correlationData);
    if (at === 0 || afterText(buffer, at, start) !== at + 2 + stampBytes) return false;
    if (!readStamp(buffer, at + 2, at + 2 + stampBytes, this.host.wire.run, stamp)) return false;
    const track = this.tracks[stamp.slot];
    if (stamp.publisher !== this.host.wire.firstClient + this.name.number || track === undefined) return false;
    const { books } = this.host;
    if (books.arrivals.arrive(track, stamp.sequence) === arrivalKinds.duplicate) {
      this.again++;
      return true;
    }
    this.answered++;
    this.session.proves(stamp.dueMicros);
    books.segment(stamp.dueMicros).record('request.rtt', now - stamp.dueMicros);
    return true;
  }

  /** Requests that were written and are not answered. */
  unanswered({ sent }: Traffic): number {
    return sent - this.answered;
  }

  /** Tells of every request that is due and not answered. */
  unfinished(to: Outstanding, traffic: Traffic): void {
    const { publishing, books, clock } = this.host;
    for (const [flow, track] of this.tracks.entries()) {
      books.arrivals.eachMissing(track, traffic.offeredOf(flow), (from, end) => {
        for (let sequence = from; sequence < end; sequence++) {
          // In a closed loop a request was due when it was written, which nobody has kept.
          const due = publishing.isClosedLoop ? clock() : publishing.dueOf(this.name.number, flow, sequence);
          to.operation('request.rtt', due);
        }
      });
    }
  }
}
