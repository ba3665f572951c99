// What a broker, a file or a command line sends may hold characters that command a terminal: clear it, set its title, move
// the cursor over lines that are there, or show text in another order than it stands in.

/** C0, DEL, C1, and what changes the direction of text (Unicode, UAX #9), without tab and newline; and line separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const commanding = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same with tab and newline
const commandingOrBreaking = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** As JSON writes it, so that JSON that is printed stays JSON. */
function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`;
}

/** Text of several lines without anything that commands a terminal: such characters are shown as `\u001b`, `\u202e`. */
export function printable(text: string): string {
  return text.replace(commanding, escaped);
}

/** The same for text that belongs into one line: a line break in it cannot forge a further one. */
export function printableLine(text: string): string {
  return text.replace(commandingOrBreaking, escaped);
}

/** A value with every text in it, names of fields included, as {@link printable} has it. */
export function printableValue<T>(value: T): T {
  if (typeof value === 'string') return printableLine(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(printableValue) as T;
  const fields = Object.entries(value).map(([name, field]) => [printableLine(name), printableValue(field)]);
  return Object.fromEntries(fields) as T;
}
