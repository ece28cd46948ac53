import { randomBytes } from 'node:crypto';

/** One model call to be sent as a trace of its own, in the GenAI conventions. */
export interface SentCall {
  model: string;
  provider?: string;
  inputTokens?: number;
  outputTokens?: number;
  /** More attributes, as OTLP/JSON values by key. */
  attributes?: Record<string, Record<string, unknown>>;
  /** RFC 3339; an hour ago by default. */
  at?: string;
  serviceName?: string;
}

/** Where the call was stored. */
export interface SentIds {
  traceId: string;
  spanId: string;
}

const HOUR_MILLIS = 3_600_000;

/** Sends each call as a trace with that one span, all in one request. */
export async function sendCalls(baseUrl: string, calls: readonly SentCall[]): Promise<SentIds[]> {
  const ids = calls.map(() => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
  }));
  const resourceSpans = calls.map((call, index) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: call.serviceName ?? 'desk' } }] },
    scopeSpans: [{ scope: { name: 'test' }, spans: [{ ...ids[index], ...writeSpan(call) }] }],
  }));
  const response = await fetch(`${baseUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
  if (!response.ok) throw new Error(`the collector answered ${response.status}: ${await response.text()}`);
  return ids;
}

function writeSpan(call: SentCall) {
  const startMillis = call.at === undefined ? Date.now() - HOUR_MILLIS : Date.parse(call.at);
  const values: Record<string, Record<string, unknown>> = {
    'gen_ai.operation.name': { stringValue: 'chat' },
    'gen_ai.request.model': { stringValue: call.model },
    ...(call.provider !== undefined && { 'gen_ai.provider.name': { stringValue: call.provider } }),
    ...(call.inputTokens !== undefined && {
      'gen_ai.usage.input_tokens': { intValue: String(call.inputTokens) },
    }),
    ...(call.outputTokens !== undefined && {
      'gen_ai.usage.output_tokens': { intValue: String(call.outputTokens) },
    }),
    ...call.attributes,
  };
  return {
    name: `chat ${call.model}`,
    kind: 3,
    startTimeUnixNano: `${startMillis}000000`,
    endTimeUnixNano: `${startMillis + 1000}000000`,
    attributes: Object.entries(values).map(([key, value]) => ({ key, value })),
    status: {},
  };
}
