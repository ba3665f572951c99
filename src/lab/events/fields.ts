import { parseDuration, parseShare } from '../../base/units.js';
import type { LinkProfile } from '../contract.js';
import { profileFromWords } from '../profiles.js';
import { mistakesOf } from '../validate.js';

/** What is said of an event beside its kind, in a scenario file and on the command line alike. */
export interface Field<T = unknown> {
  /** As a person writes it. */
  readonly name: string;
  /** How a scenario file writes its value. */
  readonly unit: 'duration' | 'share' | 'count' | 'rate' | 'profile' | 'choice';
  /** A sentence for the schema, the help and the pages. */
  readonly description: string;
  readonly example: string;
  readonly choices?: readonly string[];
  /** The largest count. */
  readonly most?: number;
  readonly optional?: true;
  /** On the command line it is `--name value`; the others are words, in their order. */
  readonly isOption?: true;
  /** The value of what is typed. */
  parse(text: string): T;
  /** Why a value is impossible; undefined: it is not. */
  mistake?(value: T): string | undefined;
}

export const optional = <F>(field: F) => ({ ...field, optional: true as const });
export const option = <F>(field: F) => ({ ...field, optional: true as const, isOption: true as const });

export const duration = (name: string, description: string, example: string): Field<number> => ({
  ...{ name, unit: 'duration', description, example, parse: (text) => parseDuration(text) },
  mistake: (value) => (value > 0 && Number.isFinite(value) ? undefined : `${value} is not more than 0`),
});

export const count = (name: string, description: string, example: string, most: number): Field<number> => ({
  ...{ name, unit: 'count', description, example, most, parse: Number },
  mistake: (value) =>
    Number.isInteger(value) && value >= 1 && value <= most
      ? undefined
      : `${value} is not a whole number from 1 to ${most}`,
});

export const choice = <const T extends string>(name: string, description: string, choices: readonly T[]): Field<T> => ({
  ...{ name, unit: 'choice', description, choices, example: choices.join('|'), parse: (text) => text as T },
  mistake: (value) =>
    choices.includes(value) ? undefined : `"${value}" is not ${choices.join(', ').replace(/, (?!.*,)/, ' or ')}`,
});

export const profile = (name: string, description: string): Field<LinkProfile> => ({
  ...{ name, unit: 'profile', description, example: '4g', parse: profileFromWords },
  mistake: (value) => mistakesOf(value).join('; ') || undefined,
});

export const share = (name: string, description: string, example: string): Field<number> => ({
  ...{ name, unit: 'share', description, example, parse: parseShare },
  mistake: (value) => (value > 0 && value <= 1 ? undefined : `${value * 100} % is not more than 0 and at most 100 %`),
});
