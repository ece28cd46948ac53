import { isUtf8 } from 'node:buffer';
import { SpanledgerError } from '../errors.js';
import type { KeyValue } from '../model/any-value.js';
import { cutIdentifier } from '../model/ids.js';
import type { ResourceData, ScopeData } from '../model/span-data.js';
import { renderAttributesJson, stringifyJson } from '../model/value-json.js';
import type { DecodedRequest, RequestRemark } from '../otlp/decoded-request.js';
import { parseJsonText } from '../otlp/json-text.js';
import { JsonFault, expectList } from '../otlp/json-value.js';
import { readZipkinSpan, type ZipkinOrigins } from './zipkin-span.js';

/** As much of a parser's message as helps; it may quote what was sent. */
const MAX_DETAIL_LENGTH = 200;
/** More in one request than a sender gets wrong that sends Zipkin at all; each costs an exception. */
const MAX_REJECTED = 10_000;

/**
 * Decodes the body of `POST /api/v2/spans`: a JSON array of Zipkin v2 spans. Anything else throws
 * `OTLP_MALFORMED_BODY`; single spans that are none are in `rejected`, unless there are thousands. Bytes that are not UTF-8 become U+FFFD.
 */
export function decodeZipkinRequest(body: Uint8Array): DecodedRequest {
  const items = parseList(new TextDecoder().decode(body));
  const origins = createOrigins();
  const rejections = new Rejections();
  const spans = items.flatMap((item) => {
    try {
      return [readZipkinSpan(item, origins)];
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      rejections.add(error.message, item);
      return [];
    }
  });
  return {
    spans,
    logRecords: [],
    metricPoints: [],
    rejected: rejections.remarks,
    repaired: isUtf8(body) ? [] : [INVALID_UTF8],
  };
}

const INVALID_UTF8: RequestRemark = {
  code: 'OTLP_INVALID_UTF8',
  reason: 'the body is not UTF-8: what is not was replaced by U+FFFD',
  count: 1,
  serviceName: null,
  scopeName: null,
  traceId: null,
  spanId: null,
};

function parseList(text: string): unknown[] {
  let json: unknown;
  try {
    json = parseJsonText(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.slice(0, MAX_DETAIL_LENGTH).toWellFormed() : '';
    throw new SpanledgerError('OTLP_MALFORMED_BODY', `the body is not JSON: ${detail}`, { cause });
  }
  try {
    return expectList(json);
  } catch (cause) {
    const message = `the body is not a JSON array of Zipkin v2 spans: ${(cause as Error).message}`;
    throw new SpanledgerError('OTLP_MALFORMED_BODY', message, { cause });
  }
}

function createOrigins(): ZipkinOrigins {
  const resources = new Map<string, ResourceData>();
  const scopes = new Map<string, ScopeData>();
  return {
    shareResource: (attributes: KeyValue[]) =>
      share(resources, stringifyJson(renderAttributesJson(attributes)), {
        attributes,
        droppedAttributesCount: 0,
        entityRefs: [],
        schemaUrl: '',
      }),
    shareScope: ({ name, version }) =>
      share(scopes, JSON.stringify([name, version]), {
        name,
        version,
        attributes: [],
        droppedAttributesCount: 0,
        schemaUrl: '',
      }),
  };
}

function share<T>(known: Map<string, T>, key: string, made: T): T {
  const first = known.get(key) ?? made;
  known.set(key, first);
  return first;
}

/** One remark for all spans of a service of which the same is said. */
class Rejections {
  readonly remarks: RequestRemark[] = [];
  readonly #known = new Map<string, RequestRemark>();
  #count = 0;

  add(reason: string, item: unknown): void {
    const span = asRecord(item);
    const serviceName = asText(asRecord(span.localEndpoint).serviceName);
    const key = JSON.stringify([reason, serviceName]);
    this.#count += 1;
    if (this.#count > MAX_REJECTED)
      throw new SpanledgerError(
        'OTLP_MALFORMED_BODY',
        `more than ${MAX_REJECTED} items are no Zipkin v2 spans`,
      );
    const known = this.#known.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const remark: RequestRemark = {
      code: 'ZIPKIN_INVALID_SPAN',
      reason: `a Zipkin span is none: ${reason}`,
      count: 1,
      serviceName,
      scopeName: null,
      traceId: asText(span.traceId),
      spanId: asText(span.id),
    };
    this.#known.set(key, remark);
    this.remarks.push(remark);
  }
}

function asRecord(json: unknown): Record<string, unknown> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}

function asText(json: unknown): string | null {
  return typeof json === 'string' && json !== '' ? cutIdentifier(json) : null;
}
