import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.js';

/** A record as it came in over OTLP/JSON. */
export interface ReceivedRecord {
  type: string;
  attributes: Record<string, unknown>;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
}

/** What is answered: a status, and a body as JSON unless there is none. */
export interface ServerAnswer {
  status: number;
  body?: unknown;
}

export interface ServerRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** Answers a request of the query API; undefined where it has no such thing. */
export type ApiRoutes = (request: ServerRequest) => ServerAnswer | undefined;

export interface RecordServer {
  url: string;
  records: ReceivedRecord[];
  /** All requests of the query API, in order. */
  requests: ServerRequest[];
  /** Put another in its place to let the server answer otherwise. */
  api: ApiRoutes;
  close(): Promise<void>;
}

/** A server that takes spans over OTLP/JSON and keeps the records in them, beside a query API that a test describes. */
export async function startRecordServer(api: ApiRoutes = () => undefined): Promise<RecordServer> {
  const harness = { records: [] as ReceivedRecord[], requests: [] as ServerRequest[], api };
  const answer = async (request: IncomingMessage): Promise<ServerAnswer> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const sent = await text(request);
    const body: unknown = sent === '' ? undefined : JSON.parse(sent);
    if (url.pathname === '/v1/traces') {
      harness.records.push(...readRecords(body as Export));
      return { status: 200, body: {} };
    }
    const asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body,
    };
    harness.requests.push(asked);
    const detail = `There is no ${asked.path} here.`;
    return harness.api(asked) ?? { status: 404, body: { code: 'API_NOT_FOUND', detail } };
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  return Object.assign(harness, await listen(server));
}

interface KeyValue {
  key: string;
  value: {
    stringValue?: string;
    intValue?: number;
    doubleValue?: number;
    boolValue?: boolean;
    arrayValue?: Values;
  };
}
interface Values {
  values: KeyValue['value'][];
}
interface ExportedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: KeyValue[];
}
interface Export {
  resourceSpans: { scopeSpans: { spans: ExportedSpan[] }[] }[];
}

function readRecords({ resourceSpans }: Export): ReceivedRecord[] {
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return spans.flatMap(({ traceId, spanId, parentSpanId, attributes: sent }) => {
    const attributes = Object.fromEntries(sent.map(({ key, value }) => [key, readValue(value)]));
    const type = attributes['spanledger.record'];
    return typeof type === 'string' ? [{ type, attributes, traceId, spanId, parentSpanId }] : [];
  });
}

function readValue({
  stringValue,
  intValue,
  doubleValue,
  boolValue,
  arrayValue,
}: KeyValue['value']): unknown {
  return stringValue ?? intValue ?? doubleValue ?? boolValue ?? arrayValue?.values.map(readValue);
}
