/** The clock of a collection: it stands still until a test moves it. */
export interface TestClock {
  /** The time it shows, in milliseconds since 1970. */
  readonly nowMillis: number;
  /** Puts it to a time, also an earlier one. */
  set(time: Date | string | number): void;
  /** Moves it on by some milliseconds; spans keep microseconds. */
  advance(millis: number): void;
}

/** Settings of a test's clock. */
export interface TestClockOptions {
  /** What it shows at first. Default 2025-01-01T00:00:00Z. Not used with `now`. */
  startTime?: Date | string | number | undefined;
  /**
   * By how many milliseconds it moves on each time that a span starts, ends or has an event, so that no two have the
   * same time. Default 0.
   */
  tickMillis?: number | undefined;
  /** Another clock to follow, in milliseconds since 1970: `Date.now`, so that fake timers move it. */
  now?: (() => number) | undefined;
}

/** Where the time of spans is read. */
export interface ReadableTestClock extends TestClock {
  /** The time, after which the clock ticks. */
  read(): number;
}

/** Midnight at the start of 2025, UTC. */
const START = Date.UTC(2025, 0, 1);

/** A clock for tests. */
export function createTestClock({
  startTime = START,
  tickMillis = 0,
  now,
}: TestClockOptions = {}): ReadableTestClock {
  const start = toMillis(startTime);
  const base = now ?? (() => start);
  let offset = 0;
  return {
    get nowMillis() {
      return base() + offset;
    },
    set(time) {
      offset = toMillis(time) - base();
    },
    advance(millis) {
      offset += millis;
    },
    read() {
      const time = base() + offset;
      offset += tickMillis;
      return time;
    },
  };
}

function toMillis(time: Date | string | number): number {
  const millis = new Date(time).getTime();
  if (Number.isNaN(millis)) throw new RangeError(`spanledger/testing: ${String(time)} is no time`);
  return typeof time === 'number' ? time : millis;
}
