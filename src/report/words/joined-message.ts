/** A number with its unit, as sentences of doubts have them; not the digits of a name such as P99. */
const quantity = /(?<![\w.@#])(\d[\d,]*(?:\.\d+)?)( ?(?:µs|ms|s|m|h|%|B|KB|MB|GB|\/s)(?![\w]))?/g;

/** In one unit of each kind, so that "950 ms" comes before "1.05 s". */
const sizes: Readonly<Record<string, number>> = { µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, KB: 1e3, MB: 1e6, GB: 1e9 };

interface Quantity {
  readonly digits: string;
  readonly unit: string;
  readonly size: number;
}

/** A sentence without its numbers: what is the same in sentences that can be joined. */
export function shapeOf(message: string): string {
  return message.replace(quantity, '#');
}

/** Sentences of one shape as one, each number with its range: "1.01–7.89 % of the publishes …". */
export function joinedMessage(messages: readonly string[]): string {
  const [first = ''] = messages;
  const all = messages.map(quantitiesOf);
  let place = 0;
  return first.replace(quantity, () => {
    const column = all.map((quantities) => quantities[place] as Quantity).sort((a, b) => a.size - b.size);
    place++;
    return range(column[0] as Quantity, column.at(-1) as Quantity);
  });
}

function range(low: Quantity, high: Quantity): string {
  if (low.size === high.size) return `${high.digits}${high.unit}`;
  return low.unit === high.unit
    ? `${low.digits}–${high.digits}${high.unit}`
    : `${low.digits}${low.unit}–${high.digits}${high.unit}`;
}

function quantitiesOf(message: string): Quantity[] {
  return [...message.matchAll(quantity)].map(([, digits = '', unit = '']) => ({
    digits,
    unit,
    size: Number(digits.replaceAll(',', '')) * (sizes[unit.trim()] ?? 1),
  }));
}
