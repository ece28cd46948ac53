import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { CollectedSpan } from './collected-span.js';
import { renderTree, type RenderOptions } from './render-tree.js';
import {
  listExecutions,
  listModelCalls,
  listRecords,
  listToolCalls,
  selectSpans,
  type CollectedExecution,
  type CollectedModelCall,
  type CollectedRecord,
  type CollectedToolCall,
  type SpanCriteria,
} from './span-queries.js';
import type { SpanRecorder } from './span-recorder.js';
import { placeSpans, toSpanNode, type SpanNode } from './span-tree.js';
import type { TestClock } from './test-clock.js';
import { addUp, type Totals } from './totals.js';

/** What a collection is made of. */
export interface SpanCollectionParts {
  clock: TestClock;
  recorder: SpanRecorder;
  onDispose: () => void;
}

/** What the code under test recorded while it was open. All lists are in the order in which spans started. */
export class SpanCollection {
  readonly #parts: SpanCollectionParts;
  #isDisposed = false;

  /** @internal Made by `collectSpans` alone. */
  constructor(parts: SpanCollectionParts) {
    this.#parts = parts;
  }

  /** The clock that all spans are timed by. */
  get clock(): TestClock {
    return this.#parts.clock;
  }

  /** Whether `dispose` was called. What was collected can be read all the same. */
  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** All spans that have ended. */
  spans(): CollectedSpan[] {
    return this.#parts.recorder.ended;
  }

  /** Names of spans that have started and not ended. */
  openSpans(): string[] {
    return this.#parts.recorder.open.map(({ name }) => name);
  }

  /** Copies that announced spans while they ran, where `pending` was asked for. */
  pendingSpans(): CollectedSpan[] {
    return this.#parts.recorder.pending;
  }

  /** The spans that have ended as trees, one for each that has no collected span around it. */
  tree(): SpanNode[] {
    return placeSpans(this.spans()).roots.map(toSpanNode);
  }

  /** The first span that fits; undefined where none does. */
  find(criteria: SpanCriteria): CollectedSpan | undefined {
    return this.findAll(criteria)[0];
  }

  /** All spans that fit. */
  findAll(criteria: SpanCriteria): CollectedSpan[] {
    return selectSpans(this.spans(), criteria);
  }

  /** Runs of agents. */
  executions(): CollectedExecution[] {
    return listExecutions(this.spans());
  }

  /** Calls of tools, hand-overs among them. */
  toolCalls(): CollectedToolCall[] {
    return listToolCalls(this.spans());
  }

  /** Calls of models; of several spans that stand for one call, the innermost. */
  modelCalls(): CollectedModelCall[] {
    return listModelCalls(this.spans());
  }

  /** Records, such as `plan.created`; all types unless one is given. */
  records(type?: string): CollectedRecord[] {
    return listRecords(this.spans(), type);
  }

  /** What all spans come to, each model call counted once. */
  totals(): Totals {
    return addUp(placeSpans(this.spans()).roots);
  }

  /** The spans as a tree of text, for snapshots. */
  render(options?: RenderOptions): string {
    return renderTree(this.spans(), options);
  }

  /** Forgets what was collected, also spans that are still open. Clock and ids go on. */
  clear(): void {
    this.#parts.recorder.clear();
  }

  /**
   * Ends the collecting and puts everything back as it was before. Spans that are still open are not collected any
   * more. A second call does nothing.
   */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#parts.recorder.stop();
    this.#parts.onDispose();
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Takes spans of a provider that the application makes itself while the collection is open: `new NodeSDK({
   * spanProcessors: [collection.spanProcessor] })`. They get ids and times of the collection; their events stand at
   * their end. Providers that were registered before need it not.
   */
  get spanProcessor(): SpanProcessor {
    return this.#parts.recorder.createForeignProcessor();
  }
}
