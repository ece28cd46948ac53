const NANOS_PER_SECOND = 1_000_000_000n;

/** Splits nanoseconds since the epoch into whole microseconds and the remainder (0 to 999), always rounding down. */
export function splitMicros(unixNano: bigint): { micros: bigint; nanos: number } {
  return { micros: unixNano / 1000n, nanos: Number(unixNano % 1000n) };
}

/** RFC 3339 in UTC with 3, 6 or 9 fraction digits: as many as hold all that is known. */
export function renderTime(unixNano: bigint): string {
  const seconds = Number(unixNano / NANOS_PER_SECOND);
  const nanos = Number(unixNano % NANOS_PER_SECOND);
  // Times come in runs, and most of the work is the date.
  if (seconds !== lastSeconds) {
    lastText = new Date(seconds * 1000).toISOString().slice(0, 19);
    lastSeconds = seconds;
  }
  return `${lastText}.${renderFraction(nanos)}Z`;
}

let lastSeconds = NaN;
let lastText = '';

function renderFraction(nanos: number): string {
  if (nanos % 1_000_000 === 0) return (nanos / 1_000_000).toString().padStart(3, '0');
  if (nanos % 1_000 === 0) return (nanos / 1_000).toString().padStart(6, '0');
  return nanos.toString().padStart(9, '0');
}

/** What {@link renderTime} wrote, in nanoseconds since the epoch; undefined where the text is no such time. */
export function parseTime(text: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const millis = whole === undefined ? NaN : Date.parse(`${whole}Z`);
  if (Number.isNaN(millis)) return undefined;
  return BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Milliseconds between two times with microsecond digits; 0 where the end is before the start. */
export function durationMillis(startUnixNano: bigint, endUnixNano: bigint): number {
  if (endUnixNano <= startUnixNano) return 0;
  return Number((endUnixNano - startUnixNano) / 1000n) / 1000;
}

/** Now, in nanoseconds since the epoch with the clock's millisecond precision. */
export function nowUnixNano(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
