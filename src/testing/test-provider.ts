import { type HrTime, type Span, type Tracer } from '@opentelemetry/api';
import { isTimeInput } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  SamplingDecision,
  type IdGenerator,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { ATTR } from '../semconv.js';

/** What a collection gives to the provider while it is open. */
export interface Stage {
  ids: IdGenerator;
  /** In milliseconds since 1970. */
  readTime: () => number;
  processor: SpanProcessor;
}

let stage: Stage | undefined;
let provider: TestProvider | undefined;

/** Spans of tests are far from it; a limit would only take away what a test looks for. */
const NO_LIMIT = 65_536;

/**
 * The one provider of all collections. Tracers that an application keeps in a module belong to the provider that was
 * there when they made their first span (@opentelemetry/api 1.9.1: ProxyTracer), so one provider for each collection
 * would lose their spans in all tests but the first.
 */
export function getTestProvider(): BasicTracerProvider {
  return (provider ??= new TestProvider());
}

/** The collection that is open; undefined where none is, and then no span is recorded. */
export function getStage(): Stage | undefined {
  return stage;
}

/** Opens or, with undefined, closes the provider's collection. */
export function setStage(next: Stage | undefined): void {
  stage = next;
}

class TestProvider extends BasicTracerProvider {
  readonly #timed = new WeakSet<Tracer>();

  constructor() {
    super({
      resource: resourceFromAttributes({ [ATTR.serviceName]: 'test' }),
      sampler: {
        shouldSample: () => ({
          decision: stage === undefined ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED,
        }),
        toString: () => 'WhileCollecting',
      },
      idGenerator: {
        generateTraceId: () => stage?.ids.generateTraceId() ?? '0'.repeat(32),
        generateSpanId: () => stage?.ids.generateSpanId() ?? '0'.repeat(16),
      },
      spanLimits: {
        attributeValueLengthLimit: Infinity,
        attributeCountLimit: NO_LIMIT,
        eventCountLimit: NO_LIMIT,
        linkCountLimit: NO_LIMIT,
        attributePerEventCountLimit: NO_LIMIT,
        attributePerLinkCountLimit: NO_LIMIT,
      },
      spanProcessors: [
        {
          onStart: (span, parent) => stage?.processor.onStart(span, parent),
          onEnd: (span) => stage?.processor.onEnd(span),
          forceFlush: () => Promise.resolve(),
          shutdown: () => Promise.resolve(),
        },
      ],
    });
  }

  override getTracer(...given: Parameters<BasicTracerProvider['getTracer']>): Tracer {
    const tracer = super.getTracer(...given);
    if (!this.#timed.has(tracer)) {
      this.#timed.add(tracer);
      timeTracer(tracer);
    }
    return tracer;
  }
}

/**
 * Lets the spans of a tracer take the time from the test's clock where none is given; the clock ticks either way.
 * `startActiveSpan` calls `startSpan` (sdk-trace 2.12.1: Tracer).
 */
function timeTracer(tracer: Tracer): void {
  const startSpan = tracer.startSpan.bind(tracer);
  tracer.startSpan = (name, options = {}, parent) => {
    const now = readTime();
    const span = startSpan(name, { ...options, startTime: options.startTime ?? now }, parent);
    if (span.isRecording()) timeSpan(span);
    return span;
  };
}

function timeSpan(span: Span): void {
  const end = span.end.bind(span);
  const addEvent = span.addEvent.bind(span);
  span.end = (time) => {
    const now = readTime();
    end(time ?? now);
  };
  span.addEvent = (name, attributes, time) => {
    const now = readTime();
    if (isTimeInput(attributes)) addEvent(name, attributes);
    else addEvent(name, attributes, time ?? now);
    return span;
  };
}

function readTime(): HrTime {
  return toHrTime(stage?.readTime() ?? Date.now());
}

/** Seconds and nanoseconds, to the microsecond: a number alone could be taken for a time of the performance clock. */
export function toHrTime(millis: number): HrTime {
  const micros = Math.round(millis * 1_000);
  const seconds = Math.floor(micros / 1_000_000);
  return [seconds, (micros - seconds * 1_000_000) * 1_000];
}
