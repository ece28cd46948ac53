import { randomBytes } from 'node:crypto';
import { Counter } from 'prom-client';
import type { AnyValue, KeyValue } from '../model/any-value.js';
import type { AnsweredExport } from '../model/answered-export.js';
import { SELF_TELEMETRY_HEADER } from '../model/own-headers.js';
import type { ResourceData, ScopeData, SpanData } from '../model/span-data.js';
import { nowUnixNano } from '../model/time.js';
import { encodeTraces } from '../otlp/encode-request.js';
import type { Telemetry } from '../telemetry.js';
import { describeRequest, type OwnSpan } from './request-span.js';

export interface SelfTelemetryOptions {
  /** The base URL of an OTLP/HTTP receiver; `/v1/traces` is added. It may be this collector's. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  /** `service.instance.id`. */
  collectorId: string;
  version: string;
  telemetry: Pick<Telemetry, 'log' | 'registry'>;
  /** Between two exports; five seconds unless told. */
  intervalMillis?: number;
}

/** Makes spans of what the collector does, and exports them. Nothing here waits, throws or keeps the process alive. */
export interface SelfTelemetry {
  /** Makes a span of an export request, unless it holds spans of a collector's own: so there are no loops. */
  recordRequest: (answered: AnsweredExport) => void;
  record(span: OwnSpan): void;
  /** Runs a job as a span of its name; what it rejects with is the span's failure, and passed on. */
  observeJob<Result>(
    name: string,
    run: () => Promise<Result>,
    describe: (result: Result) => Record<string, AnyValue>,
  ): Promise<Result>;
  /** Exports what is left, once, and ends. */
  close(): Promise<void>;
}

const INTERVAL_MILLIS = 5_000;
const EXPORT_MILLIS = 5_000;
/** An endpoint that does not answer must not hold up the end of the process. */
const LAST_EXPORT_MILLIS = 1_000;
/** Beyond it, spans are left out, not spread: what happens a thousand times a second is told by the metrics. */
const MAX_SPANS_PER_SECOND = 100;
/** About what comes in twenty seconds at most; beyond it the oldest are dropped. */
const MAX_BUFFERED = 2_048;

const INTERNAL = 1;
const ERROR = 2;
const NANOS_PER_MILLI = 1e6;
/** W3C trace flags: sampled. */
const SAMPLED = 1;

export function createSelfTelemetry(options: SelfTelemetryOptions): SelfTelemetry {
  const spans = createCounter(options);
  const sampler = new Sampler();
  const origin = createOrigin(options);
  let buffer: SpanData[] = [];
  let exporting: Promise<void> = Promise.resolve();

  function record(span: OwnSpan): void {
    if (!sampler.admits()) {
      spans.inc({ result: 'sampled_out' });
      return;
    }
    spans.inc({ result: 'recorded' });
    buffer.push(createSpan(span, origin));
    drop(Math.max(0, buffer.length - MAX_BUFFERED));
  }

  function drop(count: number): void {
    if (count === 0) return;
    buffer.splice(0, count);
    spans.inc({ result: 'dropped' }, count);
  }

  /** What could not be sent now is sent with the next export; a batch that the endpoint refuses is dropped. */
  async function flush(timeoutMillis: number): Promise<void> {
    const batch = buffer;
    if (batch.length === 0) return;
    buffer = [];
    const result = await exportSpans(batch, options, timeoutMillis);
    if (result === 'failed') {
      buffer = [...batch, ...buffer];
      drop(Math.max(0, buffer.length - MAX_BUFFERED));
    } else spans.inc({ result }, batch.length);
  }

  const timer = setInterval(() => {
    exporting = exporting.then(() => flush(EXPORT_MILLIS));
  }, options.intervalMillis ?? INTERVAL_MILLIS).unref();
  return {
    record,
    recordRequest: (answered) => {
      if (!answered.isSelfTelemetry) record(describeRequest(answered));
    },
    observeJob: (name, run, describe) => observeJob(name, run, describe, record),
    close: async () => {
      clearInterval(timer);
      await exporting;
      await flush(LAST_EXPORT_MILLIS);
      drop(buffer.length);
    },
  };
}

function createCounter({ telemetry }: SelfTelemetryOptions): Counter<'result'> {
  return new Counter({
    name: 'spanledger_self_telemetry_spans_total',
    help: "The collector's own spans by what became of them",
    labelNames: ['result'],
    registers: [telemetry.registry],
  });
}

async function observeJob<Result>(
  name: string,
  run: () => Promise<Result>,
  describe: (result: Result) => Record<string, AnyValue>,
  record: (span: OwnSpan) => void,
): Promise<Result> {
  const startTimeUnixNano = nowUnixNano();
  const startedAt = performance.now();
  const end = (attributes: Record<string, AnyValue>, failure: string | null): void => {
    const durationNanos = BigInt(Math.round((performance.now() - startedAt) * NANOS_PER_MILLI));
    record({ name, kind: INTERNAL, startTimeUnixNano, durationNanos, attributes, failure });
  };
  try {
    const result = await run();
    end(describe(result), null);
    return result;
  } catch (error) {
    end({}, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Counts the spans of the current second. */
class Sampler {
  #second = 0;
  #count = 0;

  admits(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= MAX_SPANS_PER_SECOND;
  }
}

/** `failed` may pass, `refused` would come again with the same spans. */
async function exportSpans(
  batch: readonly SpanData[],
  { endpoint, headers, collectorId, telemetry }: SelfTelemetryOptions,
  timeoutMillis: number,
): Promise<'sent' | 'refused' | 'failed'> {
  try {
    const response = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/x-protobuf',
        [SELF_TELEMETRY_HEADER]: collectorId,
      },
      body: encodeTraces(batch) as Uint8Array<ArrayBuffer>,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMillis),
    });
    await response.arrayBuffer();
    if (response.ok) return 'sent';
    telemetry.log.warn({ status: response.status }, "the collector's own spans were not taken");
    return response.status >= 500 || response.status === 429 ? 'failed' : 'refused';
  } catch (error) {
    telemetry.log.debug({ err: error }, "the collector's own spans could not be sent");
    return 'failed';
  }
}

interface Origin {
  resource: ResourceData;
  scope: ScopeData;
}

function createOrigin({ version, collectorId }: SelfTelemetryOptions): Origin {
  const attributes = listAttributes({
    'service.name': 'spanledger',
    'service.version': version,
    'service.instance.id': collectorId,
  });
  const unset = { droppedAttributesCount: 0, schemaUrl: '' };
  return {
    resource: { ...unset, attributes, entityRefs: [] },
    scope: { ...unset, name: 'spanledger', version, attributes: [] },
  };
}

/** Each is a trace of its own: exporters do not say of what their requests are part. */
function createSpan(span: OwnSpan, { resource, scope }: Origin): SpanData {
  const { name, kind, startTimeUnixNano, durationNanos, attributes, failure } = span;
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: null,
    traceState: '',
    flags: SAMPLED,
    name,
    kind,
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano + durationNanos,
    attributes: listAttributes(attributes),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: failure === null ? 0 : ERROR,
    statusMessage: failure ?? '',
    resource,
    scope,
  };
}

function listAttributes(values: Record<string, AnyValue>): KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}
