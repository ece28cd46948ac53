import { normalizeSpan } from '../../collector/dialects/normalize.js';
import type { AnyValue, KeyValue } from '../../collector/model/any-value.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type {
  LogRecordData,
  MetricPointData,
  ResourceData,
  ScopeData,
  SpanData,
} from '../../collector/model/span-data.js';
import { nowUnixNano } from '../../collector/model/time.js';
import type { WriteBatch } from '../../collector/model/write-batch.js';

/** Some minutes ago, so that today's partitions hold what is built here, with digits down to the nanosecond. */
export const START = nowUnixNano() - 600_000_000_123n;

const SERVICE: ResourceData = {
  attributes: [{ key: 'service.name', value: 'planner' }],
  droppedAttributesCount: 0,
  entityRefs: [],
  schemaUrl: '',
};

const SCOPE: ScopeData = {
  name: 'test',
  version: '1.0.0',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: '',
};

/** A trace id that is the same for the same number. */
export function traceIdOf(number: number): string {
  return `a${number.toString(16).padStart(31, '0')}`;
}

/** A span id that is the same for the same number. */
export function spanIdOf(number: number): string {
  return `b${number.toString(16).padStart(15, '0')}`;
}

/** Attributes from a plain object; numbers that are integers become int64. */
export function listAttributes(values: Record<string, AnyValue>): KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value,
  }));
}

/** A span of 1 ms of trace 1, changed as wanted. */
export function makeSpan(changes: Partial<SpanData> = {}): SpanData {
  return {
    traceId: traceIdOf(1),
    spanId: spanIdOf(1),
    parentSpanId: null,
    traceState: '',
    flags: 0x101,
    name: 'work',
    kind: 1,
    startTimeUnixNano: START,
    endTimeUnixNano: START + 1_000_000n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: '',
    resource: SERVICE,
    scope: SCOPE,
    ...changes,
  };
}

/**
 * One run of an agent as a trace: the agent, then `calls` times a model call and the tool it asks for, with message
 * bodies, in the words of the OTel GenAI conventions.
 */
export function makeAgentRun(number: number, calls = 2, session?: string): SpanData[] {
  const traceId = traceIdOf(number);
  const span = (index: number, name: string, attributes: Record<string, AnyValue>): SpanData =>
    makeSpan({
      traceId,
      spanId: spanIdOf(number * 1000 + index),
      parentSpanId: index === 0 ? null : spanIdOf(number * 1000),
      name,
      startTimeUnixNano: START + BigInt(index) * 1_000_000n,
      endTimeUnixNano: START + BigInt(index === 0 ? 2 * calls + 1 : index + 1) * 1_000_000n,
      attributes: listAttributes(attributes),
    });
  const conversation = session === undefined ? {} : { 'session.id': session };
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner', ...conversation };
  const spans = [span(0, 'invoke_agent planner', agent)];
  for (let call = 0; call < calls; call += 1) {
    const question = JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: `question ${call}` }] },
    ]);
    const answer = JSON.stringify([
      { role: 'assistant', parts: [{ type: 'text', content: `answer ${call}` }] },
    ]);
    spans.push(
      span(2 * call + 1, 'chat gpt-x', {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-x',
        'gen_ai.response.id': `response-${number}-${call}`,
        'gen_ai.usage.input_tokens': 10 + call,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.input.messages': question,
        'gen_ai.output.messages': answer,
      }),
      span(2 * call + 2, 'execute_tool search', {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'search',
        'gen_ai.tool.call.id': `call-${number}-${call}`,
        'gen_ai.tool.call.arguments': `{"query":"${call}"}`,
      }),
    );
  }
  return spans;
}

export function makeLog(changes: Partial<LogRecordData> = {}): LogRecordData {
  return {
    timeUnixNano: START,
    observedTimeUnixNano: START + 5n,
    severityNumber: 9,
    severityText: 'INFO',
    body: 'hello',
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
    traceId: null,
    spanId: null,
    eventName: '',
    resource: SERVICE,
    scope: SCOPE,
    ...changes,
  };
}

export function makePoint(changes: Partial<MetricPointData> = {}): MetricPointData {
  return {
    metric: {
      name: 'requests',
      description: 'Requests served',
      unit: '1',
      metadata: [],
      type: 'sum',
      aggregationTemporality: 2,
      isMonotonic: true,
    },
    attributes: [],
    startTimeUnixNano: START - 1_000n,
    timeUnixNano: START,
    flags: 0,
    value: { kind: 'number', value: 7n },
    exemplars: [],
    resource: SERVICE,
    scope: SCOPE,
    ...changes,
  };
}

/** What `ingest` makes of records: a batch of the default project. */
export function makeBatch(
  records: { spans?: SpanData[]; logs?: LogRecordData[]; points?: MetricPointData[]; contentLogs?: boolean },
  changes: Partial<WriteBatch> = {},
): WriteBatch {
  return {
    projectId: DEFAULT_PROJECT_ID,
    spans: (records.spans ?? []).map(normalizeSpan),
    logRecords: (records.logs ?? []).map((data) => ({
      data,
      isContent: records.contentLogs ?? false,
      sessionId: null,
      report: null,
      ordinal: 0,
    })),
    metricPoints: (records.points ?? []).map((data) => ({ data })),
    issues: [],
    ...changes,
  };
}

/** A model call as Claude Code reports it, that ended some seconds after {@link START}. */
export function makeCallRecord(
  number: number,
  { seconds, session }: { seconds: number; session: string },
  changes: Partial<LogRecordData> = {},
): LogRecordData {
  const time = START + BigInt(seconds) * 1_000_000_000n;
  return makeLog({
    timeUnixNano: time,
    observedTimeUnixNano: time,
    eventName: 'claude_code.api_request',
    body: 'claude_code.api_request',
    attributes: listAttributes({
      'event.name': 'api_request',
      'session.id': session,
      model: 'claude-sonnet-4-5-20250929',
      request_id: `request-${number}`,
      input_tokens: String(100 + number),
      output_tokens: '7',
      cost_usd: '0.25',
      duration_ms: '800',
    }),
    scope: { ...makeLog().scope, name: 'com.anthropic.claude_code.events' },
    ...changes,
  });
}
