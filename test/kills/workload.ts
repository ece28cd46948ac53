import { gzipSync } from 'node:zlib';
import type { SpanData } from '../../collector/model/span-data.js';
import { encodeTraces } from '../../collector/otlp/encode-request.js';
import { SeededRandom } from '../support/random.js';
import { START, makeAgentRun, spanIdOf, traceIdOf } from '../support/telemetry.js';

/** One export request and the records in it, each named so that the tables can be asked for it. */
export interface Batch {
  /** The same batch may be sent again under the same number. */
  number: number;
  signal: 'traces' | 'logs' | 'metrics';
  headers: Record<string, string>;
  body: Uint8Array;
  /** The body as protobuf and uncompressed, as it goes over gRPC; null where it is JSON. */
  message: Uint8Array | null;
  /** `TRACE/SPAN` of spans, the text of log records, the name of metric points. */
  keys: string[];
}

const TRACES_AT_ONCE = 5;
const TRACES_OF_SESSION = 7;

/**
 * Export requests without end, the same for the same seed: agent traces whose spans are spread over several requests,
 * log records that belong to their model calls and some that belong to nothing, metric points, and among them requests
 * that were handed out before, and spans of earlier requests in company of new ones. No two records share a key.
 */
export class Workload {
  readonly #random: SeededRandom;
  readonly #ready: Batch[] = [];
  readonly #sent: Batch[] = [];
  #earlierSpans: SpanData[] = [];
  #traceNumber = 0;
  #recordNumber = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** Every batch once, in the order in which they were first handed out. */
  get sent(): readonly Batch[] {
    return this.#sent;
  }

  next(): Batch {
    if (this.#sent.length > 0 && this.#random.next() < 0.15) return this.#random.pick(this.#sent);
    if (this.#ready.length === 0) this.#makeMore();
    const batch = this.#ready.shift();
    if (batch === undefined) throw new Error('nothing was made');
    this.#sent.push(batch);
    return batch;
  }

  #makeMore(): void {
    const random = this.#random;
    const numbers = Array.from({ length: TRACES_AT_ONCE }, () => ++this.#traceNumber);
    const runs = numbers.map((number) =>
      makeAgentRun(number, 1 + random.below(5), `session ${Math.floor(number / TRACES_OF_SESSION)}`),
    );
    const piles = Array.from({ length: 2 + random.below(4) }, (): SpanData[] => []);
    for (const span of runs.flat()) random.pick(piles).push(span);
    for (const pile of piles) {
      const again = this.#earlierSpans.filter(() => random.next() < 0.1);
      this.#add('traces', [...pile, ...again].map(nameSpan), encodeTraces([...pile, ...again]));
    }
    this.#earlierSpans = runs.flat();
    this.#addLogs(numbers);
    this.#addPoints();
  }

  #addLogs(numbers: readonly number[]): void {
    const texts: string[] = [];
    const records = Array.from({ length: 1 + this.#random.below(6) }, () => {
      const text = `record ${++this.#recordNumber}`;
      texts.push(text);
      const number = this.#random.pick(numbers);
      const isOfCall = this.#random.next() < 0.5;
      return {
        timeUnixNano: String(START + BigInt(this.#recordNumber)),
        body: { stringValue: text },
        severityNumber: 9,
        ...(isOfCall && { traceId: traceIdOf(number), spanId: spanIdOf(number * 1000 + 1) }),
      };
    });
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'planner' } }] };
    this.#addJson('logs', texts, {
      resourceLogs: [{ resource, scopeLogs: [{ logRecords: records }] }],
    });
  }

  #addPoints(): void {
    const names = Array.from({ length: 1 + this.#random.below(3) }, () => `metric ${++this.#recordNumber}`);
    const metrics = names.map((name) => ({
      name,
      gauge: { dataPoints: [{ timeUnixNano: String(START), asInt: String(this.#random.below(1000)) }] },
    }));
    this.#addJson('metrics', names, { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  }

  #addJson(signal: Batch['signal'], keys: string[], message: object): void {
    this.#add(signal, keys, Buffer.from(JSON.stringify(message)), 'application/json');
  }

  #add(
    signal: Batch['signal'],
    keys: string[],
    content: Uint8Array,
    contentType = 'application/x-protobuf',
  ): void {
    const isZipped = this.#random.next() < 0.3;
    const headers = { 'content-type': contentType, ...(isZipped && { 'content-encoding': 'gzip' }) };
    const body = isZipped ? gzipSync(content) : content;
    const message = contentType === 'application/json' ? null : content;
    this.#ready.push({
      number: this.#sent.length + this.#ready.length,
      signal,
      headers,
      body,
      message,
      keys,
    });
  }
}

function nameSpan(span: SpanData): string {
  return `${span.traceId}/${span.spanId}`;
}
