/**
 * For tests of agents: collects their spans in memory, with ids and times that are the same each time, and matchers
 * for vitest and jest.
 * @packageDocumentation
 */
import './testing/expect-types.js';

export type { CaptureOptions } from './pipeline/capture.js';
export type { PendingOptions } from './pipeline/pending-spans.js';
export type { ModelPrice, PriceTable } from './pipeline/price-table.js';
export type { RedactionOptions } from './pipeline/redaction.js';
export type { TruncationOptions } from './pipeline/truncation.js';
export { collectSpans, type CollectOptions } from './testing/collect-spans.js';
export type { SpanCollection } from './testing/span-collection.js';
export type { CollectedEvent, CollectedLink, CollectedSpan, SpanType } from './testing/collected-span.js';
export type {
  CollectedExecution,
  CollectedModelCall,
  CollectedRecord,
  CollectedToolCall,
  Failure,
  SpanCriteria,
} from './testing/span-queries.js';
export type { TraceShape, TraceShapeNode } from './testing/match-trace.js';
export type { TextPattern } from './testing/match-value.js';
export { matchers } from './testing/matchers.js';
export { renderTree, type RenderOptions } from './testing/render-tree.js';
export type { Outcome, SpanUsage } from './testing/span-facts.js';
export type {
  AgentExpectation,
  Budget,
  FailureExpectation,
  MatcherFunctions,
  MatcherResult,
  ModelCallExpectation,
  SpanMatchers,
  ToolExpectation,
} from './testing/span-matchers.js';
export type { SpanNode } from './testing/span-tree.js';
export type { TestClock, TestClockOptions } from './testing/test-clock.js';
export type { Totals } from './testing/totals.js';
