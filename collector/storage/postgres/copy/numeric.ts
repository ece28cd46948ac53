const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
const DIGITS_PER_GROUP = 4;
const NEGATIVE = 0x4000;
/** Postgres keeps at most 16383 digits after the point; amounts of money need far fewer. */
const MAX_DIGITS = 1000;

/** Whether {@link encodeNumeric} takes the text. */
export function isDecimal(text: string): boolean {
  return matchDecimal(text) !== null;
}

function matchDecimal(text: string): RegExpExecArray | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const digits = (match[2] ?? '').length + (match[3] ?? '').length;
  return digits > 0 && digits <= MAX_DIGITS && Math.abs(Number(match[4] ?? 0)) <= MAX_DIGITS ? match : null;
}

/**
 * The binary form of a numeric (PostgreSQL source, `numeric_recv`): groups of four decimal digits, the weight of the
 * first group, the sign and the number of digits after the point. Throws a RangeError where the text is no decimal.
 */
export function encodeNumeric(text: string): Buffer {
  const match = matchDecimal(text);
  if (match === null) throw new RangeError('not a decimal number');
  const { whole, fraction } = placePoint(match[2] ?? '', match[3] ?? '', Number(match[4] ?? 0));
  const wholeGroups = Math.ceil(whole.length / DIGITS_PER_GROUP);
  const fractionGroups = Math.ceil(fraction.length / DIGITS_PER_GROUP);
  const digits =
    whole.padStart(wholeGroups * DIGITS_PER_GROUP, '0') +
    fraction.padEnd(fractionGroups * DIGITS_PER_GROUP, '0');
  const groups: number[] = [];
  for (let at = 0; at < digits.length; at += DIGITS_PER_GROUP) {
    groups.push(Number(digits.slice(at, at + DIGITS_PER_GROUP)));
  }
  let weight = wholeGroups - 1;
  while (groups.length > 0 && groups[0] === 0) {
    groups.shift();
    weight -= 1;
  }
  while (groups.length > 0 && groups.at(-1) === 0) groups.pop();
  const isZero = groups.length === 0;
  const sign = match[1] === '-' && !isZero ? NEGATIVE : 0;
  const header = [groups.length, isZero ? 0 : weight, sign, fraction.length];
  const bytes = Buffer.allocUnsafe(2 * (header.length + groups.length));
  [...header, ...groups].forEach((value, index) => bytes.writeInt16BE(value, 2 * index));
  return bytes;
}

function placePoint(whole: string, fraction: string, exponent: number): { whole: string; fraction: string } {
  if (exponent > 0) {
    const padded = fraction.padEnd(exponent, '0');
    return { whole: whole + padded.slice(0, exponent), fraction: padded.slice(exponent) };
  }
  const padded = whole.padStart(-exponent, '0');
  const cut = padded.length + exponent;
  return { whole: padded.slice(0, cut), fraction: padded.slice(cut) + fraction };
}
