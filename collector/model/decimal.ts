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
  return parsePlain(text) !== null || parseAny(text) !== null;
}

/** A decimal text such as `2.50` or `8e-7`; null where it is none. */
export function parseDecimal(text: string): Decimal | null {
  const plain = parsePlain(text);
  return plain === null ? parseAny(text) : { units: BigInt(plain.units), scale: plain.scale };
}

/** Longer texts are left to the expression. */
const PLAIN_LENGTH = 32;
const POINT = 0x2e;
const DIGIT_0 = 0x30;

/**
 * Digits with a point among them or none, as prices come to; null for anything else that may be a decimal. Far cheaper
 * than an expression and a bigint of text: each counted call is looked at by this.
 */
function parsePlain(text: string): { units: number; scale: number } | null {
  if (text === '' || text.length > PLAIN_LENGTH) return null;
  let units = 0;
  let point = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === POINT && point === -1 && at > 0) point = at;
    else if (code >= DIGIT_0 && code <= DIGIT_0 + 9) units = units * 10 + (code - DIGIT_0);
    else return null;
  }
  if (!Number.isSafeInteger(units)) return null;
  return { units, scale: point === -1 ? 0 : text.length - 1 - point };
}

function parseAny(text: string): Decimal | null {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > MAX_SCALE || whole.length > MAX_SCALE) return null;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return scale >= 0 ? { units: digits, scale } : { units: digits * 10n ** BigInt(-scale), scale: 0 };
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  if (left.scale === right.scale) return { units: left.units + right.units, scale: left.scale };
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
  let end = digits.length;
  while (end > whole.length && digits.charCodeAt(end - 1) === DIGIT_0) end -= 1;
  return sign + (end === whole.length ? whole : `${whole}.${digits.slice(whole.length, end)}`);
}
