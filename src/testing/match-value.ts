/** What stands for a text: the text itself, or a pattern that it has to fit. */
export type TextPattern = string | RegExp;

/** Whether a text is the expected one; everything fits where nothing is expected. */
export function matchesText(text: string | undefined, expected: TextPattern | undefined): boolean {
  if (expected === undefined) return true;
  if (text === undefined) return false;
  return typeof expected === 'string' ? text === expected : new RegExp(expected).test(text);
}

/**
 * Whether a value is what is expected: objects may have more than the expected fields, lists may not have more items.
 * Patterns fit texts, functions are asked, and the asymmetric matchers of vitest and jest (`expect.any(Number)`) are
 * taken at their word.
 */
export function matchesValue(value: unknown, expected: unknown): boolean {
  if (typeof expected === 'function') return (expected as (value: unknown) => unknown)(value) === true;
  if (typeof expected !== 'object' || expected === null) return Object.is(value, expected);
  if (isAsymmetric(expected)) return expected.asymmetricMatch(value);
  if (expected instanceof RegExp) return typeof value === 'string' && matchesText(value, expected);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(expected)) {
    const items: readonly unknown[] = expected;
    return (
      Array.isArray(value) &&
      value.length === items.length &&
      items.every((item, index) => matchesValue(value[index], item))
    );
  }
  return Object.entries(expected).every(([key, item]) =>
    matchesValue((value as Record<string, unknown>)[key], item),
  );
}

/** A value for a message: JSON, with patterns, functions and matchers as they are written. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => showOdd(item)) as string | undefined;
  return text ?? 'undefined';
}

function showOdd(item: unknown): unknown {
  if (item instanceof RegExp || typeof item === 'bigint') return String(item);
  if (typeof item === 'function') return `function ${item.name}`.trim();
  if (typeof item === 'object' && item !== null && isAsymmetric(item)) return item.toString();
  return item;
}

interface Asymmetric {
  toString(): string;
  asymmetricMatch(value: unknown): boolean;
}

function isAsymmetric(value: object): value is Asymmetric {
  return typeof (value as Partial<Asymmetric>).asymmetricMatch === 'function';
}
