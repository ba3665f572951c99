import type { z } from 'zod';
import { didYouMean } from '../../base/text/nearest.js';
import type { Mistakes } from './mistakes.js';
import { at, type YamlPath } from './source.js';

type Issue = z.core.$ZodIssue;

/** Parses with a zod schema and adds every issue, in our words, to the mistakes. */
export function validate<T extends z.ZodType>(schema: T, data: unknown, mistakes: Mistakes): z.output<T> | undefined {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) report(issue, [], schema, data, mistakes);
  return undefined;
}

function report(issue: Issue, base: YamlPath, schema: z.ZodType, data: unknown, mistakes: Mistakes): void {
  const path = [...base, ...(issue.path as (string | number)[])];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(schema, path, data);
      for (const key of issue.keys) {
        const hint = didYouMean(key, known) ?? (known.length > 0 && `known here: ${known.join(', ')}`);
        mistakes.add([...path, key], `unknown field "${key}"${hint ? `; ${hint}` : ''}`, true);
      }
      return;
    }
    case 'invalid_union': {
      const branch = likeliestBranch(issue.errors as readonly Issue[][]);
      if (branch) for (const inner of branch) report(inner, path, schema, data, mistakes);
      else mistakes.add(path, unionText(issue as Extract<Issue, { code: 'invalid_union' }>, at(data, path)));
      return;
    }
    case 'invalid_key':
      mistakes.add(path, issue.issues[0]?.message ?? issue.message, true);
      return;
    default:
      mistakes.add(path, plainText(issue, at(data, path)));
  }
}

/**
 * Of a union's branches, the one the writer meant: one whose own type fits
 * (its issues are deeper, or it objects to the value and not to the type).
 */
function likeliestBranch(branches: readonly Issue[][]): Issue[] | undefined {
  const fits = branches.filter((issues) => issues.every((issue) => issue.path.length > 0 || !isTypeIssue(issue)));
  return fits.sort((a, b) => a.length - b.length)[0];
}

const isTypeIssue = (issue: Issue): boolean =>
  issue.code === 'invalid_type' ||
  issue.code === 'invalid_value' ||
  (issue.code === 'invalid_union' && likeliestBranch(issue.errors as readonly Issue[][]) === undefined);

function unionText(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): string {
  if (value === undefined) return 'is missing';
  const kinds = (issue as { options?: readonly unknown[] }).options; // a discriminated union names its kinds
  if (kinds) return expected(kinds.map(String), value);
  const options: string[] = [];
  const collect = (branches: readonly Issue[][]): void => {
    for (const inner of branches.flat()) {
      if (inner.code === 'invalid_value') options.push(...inner.values.map(String));
      else if (inner.code === 'invalid_type') options.push(`a ${typeWord(inner.expected)}`);
      else if (inner.code === 'invalid_union') collect(inner.errors as readonly Issue[][]);
    }
  };
  collect(issue.errors as readonly Issue[][]);
  return expected([...new Set(options)], value);
}

function plainText(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? 'is missing' : expected([`a ${typeWord(issue.expected)}`], value);
    case 'invalid_value':
      return value === undefined ? 'is missing' : expected(issue.values.map(String), value);
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}, not ${shown(value)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}, not ${shown(value)}`;
    default:
      return issue.message;
  }
}

function expected(options: readonly string[], value: unknown): string {
  const meant = typeof value === 'string' && didYouMean(value, options);
  const list = options.length > 1 ? `one of ${options.join(', ')}` : (options[0] ?? 'something else');
  return meant ? `${shown(value)} is unknown; ${meant}` : `must be ${list}, not ${shown(value)}`;
}

const typeWords: Record<string, string> = { object: 'mapping', array: 'list', int: 'whole number' };
const typeWord = (type: string): string => typeWords[type] ?? type;

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : JSON.stringify(value);
}

type Definition = { readonly type: string; readonly options?: readonly z.ZodType[] } & {
  readonly [inner in 'innerType' | 'element' | 'in']?: z.ZodType;
};

/** The field names a mapping at this path may have, read from the schema itself. */
function knownKeys(schema: z.ZodType, path: YamlPath, data: unknown): string[] {
  const candidates = path.reduce<z.ZodType[]>(
    (outer, part) => outer.flatMap((one) => unwrap(child(one, part))),
    unwrap(schema),
  );
  const shapes = candidates.map(shapeOf).filter((shape) => shape !== undefined);
  // Of the kinds of events only the one that `do` names.
  const kind = (at(data, path) as { do?: unknown } | undefined)?.do;
  const chosen = shapes.filter((shape) => shape.do?.safeParse(kind).success);
  return [...new Set((chosen.length > 0 ? chosen : shapes).flatMap((shape) => Object.keys(shape)))];
}

const definition = (schema: z.ZodType): Definition => schema._zod.def as unknown as Definition;

/** Looks through optional, default and pipe; a union becomes its options. */
function unwrap(schema: z.ZodType | undefined): z.ZodType[] {
  if (!schema) return [];
  const def = definition(schema);
  if (def.type === 'union') return (def.options ?? []).flatMap(unwrap);
  const inner = def.innerType ?? def.in;
  return inner ? unwrap(inner) : [schema];
}

const shapeOf = (schema: z.ZodType): Record<string, z.ZodType> | undefined =>
  (schema as { shape?: Record<string, z.ZodType> }).shape;

const child = (schema: z.ZodType, part: string | number): z.ZodType | undefined =>
  typeof part === 'number' ? definition(schema).element : shapeOf(schema)?.[part];
