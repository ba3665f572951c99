import type { LinkBackend } from '../backend.js';
import type { EventProof } from '../contract.js';
import { longestPathMicros } from '../path.js';
import { type EventKind, fieldsOf, type Stage, spanOf } from './kind.js';
import { eventError, type LabEvent, labKind } from './kinds.js';

/** Makes an event happen and returns when it is over. @throws MQB_LAB_EVENT when it is impossible */
export async function playEvent(stage: Stage, event: LabEvent): Promise<EventProof> {
  const kind = labKind(event.kind);
  refuseImpossible(kind, event);
  const before = pathMicros(stage.link);
  const { acts, facts } = await kind.act(stage, event);
  const { beganMicros: atMicros, endedMicros } = spanOf(acts);
  const after = pathMicros(stage.link);
  return {
    ...{ kind: event.kind, atMicros, tookMicros: endedMicros - atMicros },
    ...{ acts, pathMicros: Math.max(before, after), facts },
  };
}

/** To the clients: what they hear is what proves that a path works. */
const pathMicros = ({ profile: { down, mtu } }: LinkBackend): number => longestPathMicros(down, mtu ?? 1500);

/** @throws MQB_LAB_EVENT with everything that is wrong, exit code 2 */
export function refuseImpossible(kind: EventKind, event: object, hint?: string): void {
  const mistakes = fieldMistakes(kind, event).map(([field, message]) => `event ${kind.kind}: ${field}: ${message}`);
  if (mistakes.length > 0) throw eventError(mistakes.join('; '), hint);
}

/** Everything that makes an event of this kind impossible, each with the field that it is written in. */
export function fieldMistakes(kind: EventKind, event: object): [field: string, message: string][] {
  return fieldsOf(kind).flatMap((field) => {
    const value = (event as Readonly<Record<string, unknown>>)[field.property];
    const missing = field.optional ? undefined : 'is missing';
    const message = value === undefined ? missing : field.mistake?.(value);
    return message === undefined ? [] : [[field.name, message]];
  });
}
