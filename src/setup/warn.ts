import { diag } from '@opentelemetry/api';

/**
 * Says something that a developer should hear: to the logger of OTel's `diag` where there is one, else to the console,
 * because a message that nobody sees helps nobody.
 */
export function warn(message: string): void {
  const text = `spanledger: ${message}`;
  if (hasDiagLogger()) diag.warn(text);
  else console.warn(text);
}

/** The API keeps its globals under this symbol (@opentelemetry/api 1.9.1: internal/global-utils); it has no question for it. */
export function hasDiagLogger(): boolean {
  const globals = (globalThis as Record<symbol, { diag?: unknown } | undefined>)[
    Symbol.for('opentelemetry.js.api.1')
  ];
  return globals?.diag !== undefined;
}
