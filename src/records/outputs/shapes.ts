import type { StandardIssue, StandardSchema } from './standard-schema.js';

type Path = readonly PropertyKey[];

/** Reads a value, or says what is wrong with it. What it gives where something is wrong is of no use. */
export type Shape<T> = (value: unknown, path: Path, tell: (issue: StandardIssue) => void) => T;

/** A text of at most so many characters. */
export function text(maxCharacters = Infinity): Shape<string> {
  return (value, path, tell) => {
    if (typeof value !== 'string') tell({ message: 'must be a text', path });
    else if (value.length > maxCharacters && Array.from(value).length > maxCharacters) {
      tell({ message: `must have at most ${maxCharacters} characters`, path });
    }
    return value as string;
  };
}

/** A number from `least` to `most`. */
export function number(least: number, most: number): Shape<number> {
  const range = most === Infinity ? `of ${least} or more` : `from ${least} to ${most}`;
  return (value, path, tell) => {
    if (!(typeof value === 'number' && value >= least && value <= most)) {
      tell({ message: `must be a number ${range}`, path });
    }
    return value as number;
  };
}

/** True or false. */
export function flag(): Shape<boolean> {
  return (value, path, tell) => {
    if (typeof value !== 'boolean') tell({ message: 'must be true or false', path });
    return value as boolean;
  };
}

/** One of some words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Shape<Word> {
  return (value, path, tell) => {
    if (!words.includes(value as Word)) tell({ message: `must be one of ${words.join(', ')}`, path });
    return value as Word;
  };
}

/** A list of one shape. */
export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value, path, tell) => {
    if (Array.isArray(value)) return value.map((one, index) => item(one, [...path, index], tell));
    tell({ message: 'must be a list', path });
    return [];
  };
}

/** What may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, path, tell) => (value === undefined ? undefined : shape(value, path, tell));
}

/** What may be left out, with what it then is. */
export function withDefault<T>(shape: Shape<T>, fallback: T): Shape<T> {
  return (value, path, tell) => (value === undefined ? fallback : shape(value, path, tell));
}

/** An object with these fields; others are kept as they are. */
export function object<T extends object>(fields: { readonly [Key in keyof T]-?: Shape<T[Key]> }): Shape<T> {
  return (value, path, tell) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      tell({ message: 'must be an object', path });
      return {} as T;
    }
    const given = value as Readonly<Record<string, unknown>>;
    const read: Record<string, unknown> = { ...given };
    for (const [key, shape] of Object.entries<Shape<unknown>>(fields)) {
      const found = shape(given[key], [...path, key], tell);
      if (found !== undefined) read[key] = found;
    }
    return read as T;
  };
}

/** The shape as a Standard Schema. */
export function toStandardSchema<Input, Output>(shape: Shape<Output>): StandardSchema<Input, Output> {
  return {
    '~standard': {
      version: 1,
      vendor: 'spanledger',
      validate: (value) => {
        const issues: StandardIssue[] = [];
        const read = shape(value, [], (issue) => issues.push(issue));
        return issues.length === 0 ? { value: read } : { issues };
      },
    },
  };
}
