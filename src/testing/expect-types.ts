import type { SpanMatchers } from './span-matchers.js';

declare global {
  // Those of vitest (@vitest/expect 3 and 4: JestAssertion) and of @types/jest come from here, whichever is installed.
  namespace jest {
    interface Matchers<R> extends SpanMatchers<R> {}
  }
}
