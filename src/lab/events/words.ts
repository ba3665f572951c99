import type { Field } from './fields.js';
import { type EventKind, fieldsOf } from './kind.js';
import { eventError, type LabEvent, labKind, labKinds } from './kinds.js';
import { refuseImpossible } from './play.js';

/** Options of an event, as typed. */
export type EventOptions = Readonly<Record<string, string | undefined>>;

/**
 * An event from words as a person types them, e.g. `['blackout', '5s']`.
 * @throws MQB_LAB_EVENT, MQB_LAB_PROFILE, MQB_BAD_UNIT; all with exit code 2
 */
export function parseEvent([name = '', ...words]: readonly string[], options: EventOptions = {}): LabEvent {
  const kind = labKind(name);
  const like = `write it like ${usageOf(kind)}`;
  const event: Record<string, unknown> = { kind: name };
  for (const field of fieldsOf(kind)) {
    const text = field.isOption
      ? options[field.name]
      : field.unit === 'profile'
        ? words.splice(0).join(' ')
        : words.shift();
    if (text) event[field.property] = field.parse(text);
    else if (!field.optional) throw eventError(`the event ends too early; write it like ${exampleOf(kind)}`);
  }
  const own = fieldsOf(kind).map((field) => field.name);
  const foreign = eventOptions().find(({ name: option }) => options[option] !== undefined && !own.includes(option));
  if (words.length > 0) throw eventError(`the event ${name} takes no "${words[0]}"`, like);
  if (foreign) throw eventError(`the event ${name} takes no --${foreign.name}; ${foreign.kinds.join(', ')} do`, like);
  refuseImpossible(kind, event, like);
  return event as unknown as LabEvent;
}

/** Fields that are options of `mqbench lab event`, each with the kinds that take it. */
export function eventOptions(): (Field & { readonly kinds: readonly string[] })[] {
  const all = labKinds.flatMap((kind) => fieldsOf(kind).filter(({ isOption }) => isOption));
  return [...new Map(all.map((field) => [field.name, field])).values()].map((field) => ({
    ...field,
    kinds: labKinds.filter((kind) => fieldsOf(kind).some(({ name }) => name === field.name)).map(({ kind }) => kind),
  }));
}

/** How a kind is written, with everything that can be said of it. */
export function usageOf(kind: EventKind): string {
  const fields = fieldsOf(kind);
  const words = fields.filter(({ isOption }) => !isOption);
  const options = fields.filter(({ isOption }) => isOption).map(({ name, example }) => ` [--${name} ${example}]`);
  if (words.length > 1)
    return `${[kind.kind, ...words.map(({ name }) => name.toUpperCase())].join(' ')}, e.g. ${exampleOf(kind)}`;
  const netem = words[0]?.unit === 'profile' ? `, or in the words of tc-netem(8): ${kind.kind} delay 20ms loss 1%` : '';
  return exampleOf(kind) + options.join('') + netem;
}

function exampleOf(kind: EventKind): string {
  const words = fieldsOf(kind).filter(({ isOption }) => !isOption);
  return [kind.kind, ...words.map(({ optional, example }) => (optional ? `[${example}]` : example))].join(' ');
}
