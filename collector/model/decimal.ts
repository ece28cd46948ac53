const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** More fraction digits than any price has; a text beyond it is no amount of money. */
const MAX_SCALE = 400;

/** `units` divided by ten to the power of `scale`; exact, `scale` never negative. */
export interface Decimal {
  units: bigint;
  scale: number;
}

/**
 * The exact sum of decimal texts such as `0.0001` or `1e-7`, as plain decimal text without trailing zeros.
 * Texts that are no decimal number are left out; null where none is one. The order does not matter.
 */
export function sumDecimals(texts: Iterable<string>): string | null {
  let sum: Decimal | null = null;
  for (const text of texts) {
    const term = parseDecimal(text);
    if (term !== null) sum = sum === null ? term : addDecimals(sum, term);
  }
  return sum === null ? null : renderDecimal(sum);
}

/** Whether {@link sumDecimals} understands a text. */
export function isDecimal(text: string): boolean {
  return parseDecimal(text) !== null;
}

/** A decimal text such as `2.50` or `8e-7`; null where it is none. */
export function parseDecimal(text: string): Decimal | null {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > MAX_SCALE || whole.length > MAX_SCALE) return null;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return scale >= 0 ? { units: digits, scale } : { units: digits * 10n ** BigInt(-scale), scale: 0 };
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { units: unitsAt(left, scale) + unitsAt(right, scale), scale };
}

/** The exact product with a whole number. */
export function multiplyDecimal(decimal: Decimal, factor: bigint): Decimal {
  return { units: decimal.units * factor, scale: decimal.scale };
}

/** The exact product with ten to the power of `places`, which may be negative. */
export function shiftDecimal(decimal: Decimal, places: number): Decimal {
  const scale = decimal.scale - places;
  return scale >= 0
    ? { units: decimal.units, scale }
    : { units: decimal.units * 10n ** BigInt(-scale), scale: 0 };
}

function unitsAt(decimal: Decimal, scale: number): bigint {
  return scale === decimal.scale ? decimal.units : decimal.units * 10n ** BigInt(scale - decimal.scale);
}

/** Plain decimal text without an exponent and without trailing zeros. */
export function renderDecimal({ units, scale }: Decimal): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return sign + (fraction === '' ? whole : `${whole}.${fraction}`);
}
