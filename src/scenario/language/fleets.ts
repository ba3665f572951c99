import { z } from 'zod';
import { count, name } from './fields.js';

/** What is of the whole cell and stands in `load`; and `subscribers`, who are a fleet of their own here. */
const ofCell = ['duration', 'drain', 'subscribers'] as const;

/** What each fleet says for itself where there are several, and `load` for none of them. */
export const ofFleets = ['clients', 'topics', 'subscribe', 'subscribers', 'publish'] as const;

/** The fields of a load that a fleet may have; what it leaves out is that of `load`. */
export type FleetFields<Load> = Partial<Omit<Load, (typeof ofCell)[number] | 'clients'>> & {
  readonly name: string;
  readonly clients: number;
};

/**
 * The schema of a fleet, made of that of a load: the same fields, without what they are where nothing is written, which is
 * said once, in `load`.
 * @param parts what replaces fields of which `quick` changes a part only
 * @returns also the same with every field optional, for `quick`
 */
export function fleetSchemas<S extends z.ZodRawShape>(
  load: z.ZodObject<S>,
  parts: Readonly<Record<string, z.ZodType>>,
) {
  type Fields = FleetFields<z.output<z.ZodObject<S>>>;
  const shape = Object.fromEntries(
    Object.entries(load.shape as unknown as Record<string, z.ZodType>)
      .filter(([field]) => !ofCell.some((one) => one === field))
      .map(([field, schema]) => [field, withoutDefault(schema)]),
  );
  const own = {
    ...shape,
    name: name('What it is called in tables and expectations.'),
    clients: count('Clients of this fleet.'),
  };
  const fleet = z.strictObject(own);
  return {
    fleet: fleet as unknown as z.ZodType<Fields>,
    partOfFleet: fleet.omit({ name: true }).extend(parts).partial() as unknown as z.ZodType<Partial<Fields>>,
  };
}

type Inner = { readonly type: string; readonly innerType?: z.ZodType };

/** The same, optional, and undefined where nothing is written. */
function withoutDefault(schema: z.ZodType): z.ZodType {
  const { type, innerType } = schema._zod.def as unknown as Inner;
  const inner = (type === 'default' || type === 'prefault') && innerType !== undefined ? innerType : schema;
  const { description } = schema;
  const bare = inner === schema || description === undefined ? inner : inner.describe(description);
  return bare.optional();
}
