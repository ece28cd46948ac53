import type { CollectedSpan } from './collected-span.js';
import type { TextPattern } from './match-value.js';
import type { TraceShape } from './match-trace.js';
import type { Outcome } from './span-facts.js';

/** What a tool call has to be. Values are matched as by `toMatchObject`, patterns and asymmetric matchers included. */
export interface ToolExpectation {
  /** How many calls there are that fit. Default: at least one. */
  times?: number | undefined;
  /** What it was given. */
  arguments?: unknown;
  /** What it gave. */
  result?: unknown;
  /** The agent that called it. */
  agent?: TextPattern | undefined;
  /** How it ended. */
  outcome?: Outcome | undefined;
}

/** What an agent's run has to be. */
export interface AgentExpectation {
  /** How many runs there are that fit. Default: at least one. */
  times?: number | undefined;
  /** The agent whose run is around it. */
  parent?: TextPattern | undefined;
  /** How it ended. */
  outcome?: Outcome | undefined;
  /** What it was given. */
  input?: unknown;
  /** What came out. */
  output?: unknown;
}

/** What a model call has to be. */
export interface ModelCallExpectation {
  /** How many calls there are that fit. Default: at least one. */
  times?: number | undefined;
  /** The model that answered or was asked. */
  model?: TextPattern | undefined;
  /** Who serves it. */
  provider?: TextPattern | undefined;
  /** The agent that asked. */
  agent?: TextPattern | undefined;
  /** How it ended. */
  outcome?: Outcome | undefined;
  /** The answer. */
  output?: unknown;
}

/** What may be spent; all that is given has to hold. */
export interface Budget {
  /** US dollars. Not kept to where the cost of a call is not known. */
  costUsd?: number | undefined;
  /** Input and output tokens together. */
  tokens?: number | undefined;
  /** All input tokens, cached ones inside. */
  inputTokens?: number | undefined;
  /** All output tokens, reasoning inside. */
  outputTokens?: number | undefined;
}

/** What a failure has to be. */
export interface FailureExpectation {
  /** The span's name. */
  name?: TextPattern | undefined;
  /** The agent that it happened to. */
  agent?: TextPattern | undefined;
  /** The tool that failed. */
  tool?: TextPattern | undefined;
  /** `error.type`: the error's class. */
  errorType?: TextPattern | undefined;
  /** The error's message. */
  message?: TextPattern | undefined;
}

/**
 * Matchers for vitest and jest: `expect.extend(matchers)`, then `expect(collection).toHaveTool('search')`. What is given
 * to `expect` is a collection, some of its spans, or ended spans of the OTel SDK. `not` turns each around.
 *
 * vitest and `@types/jest` know them as soon as `spanledger/testing` is imported. With `@jest/globals` or the package
 * `expect` add once: `declare module 'expect' { interface Matchers<R> extends SpanMatchers<R> {} }`.
 */
export interface SpanMatchers<R> {
  /** A tool was called. */
  toHaveTool(name: TextPattern, expected?: ToolExpectation): R;
  /** Tools were called in this order; other calls may stand between them unless `exactly` is given. */
  toHaveToolOrder(names: readonly TextPattern[], options?: { exactly?: boolean | undefined }): R;
  /** An agent ran. */
  toHaveAgent(name: TextPattern, expected?: AgentExpectation): R;
  /** The work was handed over to an agent. */
  toHaveHandoff(to: TextPattern, expected?: { from?: TextPattern | undefined }): R;
  /** A model was called. */
  toHaveModelCall(expected?: ModelCallExpectation): R;
  /** Less was spent than the budget; each model call counts once, see `totals`. */
  toHaveSpentLessThan(budget: Budget): R;
  /** No span failed. What was cancelled did not fail. */
  toHaveNoErrors(): R;
  /** A span failed. */
  toHaveFailed(expected?: FailureExpectation): R;
  /** A record was made, with fields by the names that they are emitted with (`taskId`) or by those of their attributes. */
  toHaveRecord(type: string, fields?: Readonly<Record<string, unknown>>): R;
  /**
   * Something came out: of the agent that is named, else of the first span with an output that is not in another one
   * with an output. A text is compared with the last message's, another value with what that text says as JSON.
   */
  toHaveOutput(expected: unknown, options?: { agent?: TextPattern | undefined }): R;
  /** The trees of spans are as a shape, or several beside each other, says; other spans may stand between them. */
  toMatchTrace(shape: TraceShape | readonly TraceShape[]): R;
  /** Every span has ended. Only for collections. */
  toHaveNoOpenSpans(): R;
}

/** What a matcher gives, as vitest and jest ask for it. */
export interface MatcherResult {
  /** Whether it is so. */
  pass: boolean;
  /** What to say where it should be otherwise. */
  message: () => string;
}

/** The names of the matchers with the functions that `expect.extend` takes. */
export type MatcherFunctions = {
  [Name in keyof SpanMatchers<unknown>]: (
    received: unknown,
    ...expected: Parameters<SpanMatchers<unknown>[Name]>
  ) => MatcherResult;
};

/** What matchers look at. */
export interface Evidence {
  spans: readonly CollectedSpan[];
  /** Undefined where only spans were given. */
  openSpans: readonly string[] | undefined;
}
