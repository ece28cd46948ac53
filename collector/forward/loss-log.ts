import type { Telemetry } from '../telemetry.js';

const EVERY_MILLIS = 60_000;

/** Logs what is lost: the first at once, and then at most one line a minute with how many there were of each kind. */
export class LossLog {
  readonly #log: Telemetry['log'];
  readonly #counts = new Map<string, number>();
  #loggedAt = -Infinity;

  constructor(log: Telemetry['log']) {
    this.#log = log;
  }

  add(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (performance.now() - this.#loggedAt >= EVERY_MILLIS) this.flush();
  }

  /** Logs what has not been logged yet. */
  flush(): void {
    if (this.#counts.size === 0) return;
    this.#log.warn(
      { requests: Object.fromEntries(this.#counts) },
      'requests were not sent on to --forward-endpoint',
    );
    this.#counts.clear();
    this.#loggedAt = performance.now();
  }
}
