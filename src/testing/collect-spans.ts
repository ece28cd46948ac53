import { trace } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { PendingSpans, type PendingOptions } from '../pipeline/pending-spans.js';
import type { PriceTable } from '../pipeline/price-table.js';
import {
  createSpanTransform,
  type SpanTransform,
  type TransformOptions,
} from '../pipeline/span-transform.js';
import { addSpanProcessor, findRegisteredProvider } from '../setup/foreign-provider.js';
import { ensureContextManager, ensurePropagators } from '../setup/globals.js';
import type { Spanledger } from '../setup/handle.js';
import { state, type SdkState } from '../setup/state.js';
import { SCOPE } from '../setup/tracer.js';
import { warn } from '../setup/warn.js';
import { createSeededIds } from './seeded-ids.js';
import { SpanCollection } from './span-collection.js';
import { SpanRecorder } from './span-recorder.js';
import { createTestClock, type TestClockOptions } from './test-clock.js';
import { getStage, getTestProvider, setStage } from './test-provider.js';

/** Settings of {@link collectSpans}. What the environment says of tracing has no effect. */
export interface CollectOptions extends TestClockOptions {
  /** The first eight hex digits of all ids, as a number from 0 to 2^32 - 1. Default 0. */
  seed?: number | undefined;
  /** As that of `init`. Default `all`. */
  capture?: TransformOptions['capture'] | undefined;
  /** As that of `init`. Default: secrets of known forms. */
  redaction?: TransformOptions['redaction'] | undefined;
  /** As that of `init`. Default: beyond 1 MiB. */
  truncation?: TransformOptions['truncation'] | undefined;
  /** Prices of models, so that what a test spends has a cost. Default: only what `setCost` says. */
  prices?: PriceTable | undefined;
  /** Whether spans are announced while they run: see `pendingSpans`. Default false. */
  pending?: boolean | PendingOptions | undefined;
}

/**
 * Collects the spans of a test in memory until it is disposed; nothing leaves the process. Operations, and plain OTel
 * spans where nobody registered a provider, get ids that count up and the time of a clock that stands still, so that
 * whole spans can be compared literally. Code under test may call `init()`: it does nothing but give a handle.
 *
 * Beside a provider that somebody registered, that provider's own spans are collected too, with ids and times in place of
 * theirs; it does not see operations meanwhile. One collection can be open at a time in a process, that is for each test
 * file; throws where another one is. Tests that run concurrently in a file share one.
 */
export function collectSpans(options: CollectOptions = {}): SpanCollection {
  if (getStage() !== undefined) {
    throw new Error(
      'spanledger/testing: another collection is open. Dispose it first, as in afterEach(() => collection.dispose()); ' +
        'tests that run concurrently in one file share one collection.',
    );
  }
  const clock = createTestClock(options);
  const ids = createSeededIds(options.seed ?? 0);
  const restore = keepState();
  const recorder = new SpanRecorder({ clock, ids, transform: createTransform(options) });
  const pending = createPending(options.pending, recorder);
  const collection = new SpanCollection({
    clock,
    recorder,
    onDispose: () => {
      pending?.stop();
      stopListening?.();
      setStage(undefined);
      if (findRegisteredProvider() === getTestProvider()) trace.disable();
      restore();
    },
  });
  setStage({ ids, readTime: () => clock.read(), processor: createProcessor(recorder, pending) });
  const stopListening = register(recorder);
  Object.assign(state, {
    tracer: getTestProvider().getTracer(SCOPE.name, SCOPE.version),
    isContentCaptured: isContentCaptured(options.capture),
    handle: createHandle(collection),
    lentProcessors: [],
    readMillis: () => clock.nowMillis,
  } satisfies Partial<SdkState>);
  return collection;
}

/** Gives how to put the SDK back as it is, unless what runs now is shut down until then. */
function keepState(): () => void {
  const before = { ...state };
  const wasActive = before.handle?.isActive === true;
  return () => {
    const isOver = wasActive && before.handle?.isActive !== true;
    Object.assign(state, before, isOver ? { tracer: undefined, handle: undefined } : {});
  };
}

/** Makes the provider of tests the process's, or listens to the one that is. Gives how to stop listening. */
function register(recorder: SpanRecorder): (() => void) | undefined {
  ensureContextManager();
  ensurePropagators(['tracecontext', 'baggage']);
  const registered = findRegisteredProvider();
  if (registered === undefined) {
    trace.setGlobalTracerProvider(getTestProvider());
    return undefined;
  }
  const remove = addSpanProcessor(registered, recorder.createForeignProcessor());
  if (remove === undefined) {
    warn(
      `a tracer provider is registered that nothing can be added to (${registered.constructor.name}): ` +
        "spans other than Spanledger's own operations are not collected",
    );
  }
  return remove;
}

function createTransform({ capture, redaction, truncation, prices }: CollectOptions): SpanTransform {
  return createSpanTransform({
    ...(capture !== undefined && { capture }),
    ...(redaction !== undefined && { redaction }),
    ...(truncation !== undefined && { truncation }),
    ...(prices !== undefined && { cost: { prices } }),
  });
}

function isContentCaptured(capture: CollectOptions['capture'] = 'all'): boolean {
  return capture === 'all' || (typeof capture === 'object' && capture.spans === 'all');
}

function createPending(pending: CollectOptions['pending'], recorder: SpanRecorder): PendingSpans | undefined {
  if (pending === undefined || pending === false) return undefined;
  return new PendingSpans({
    ...(pending === true ? {} : pending),
    announce: (copies) => {
      recorder.onPending(copies);
      return Promise.resolve();
    },
    mayAnnounce: () => true,
  });
}

function createProcessor(recorder: SpanRecorder, pending: PendingSpans | undefined): SpanProcessor {
  return {
    onStart(span) {
      recorder.onStart(span);
      pending?.onStart(span);
    },
    onEnd(span) {
      pending?.onEnd(span);
      recorder.onEnd(span);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

/** What code under test gets from `init`. It may shut down what it thinks it started; the collecting goes on. */
function createHandle(collection: SpanCollection): Spanledger {
  return {
    flush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    get isActive() {
      return !collection.isDisposed;
    },
    spanProcessors: [],
  };
}
