/** One trace of an agent that calls a model and a tool, as OTLP/JSON in the GenAI conventions. */
export const TRACE_ID = '5b8efff798038103d269b633813fc60c';
export const SESSION_ID = 'session/one two';
export const AGENT_SPAN = 'eee19b7ec3c1b174';
export const LLM_SPAN = 'eee19b7ec3c1b175';
export const TOOL_SPAN = 'eee19b7ec3c1b176';

/** Longer than what lists show of it. */
export const LONG_QUESTION = 'Wie viele Äpfel? '.repeat(500);

const START_MILLIS = Date.UTC(2026, 0, 15, 12);

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}

function text(key: string, value: string): Attribute {
  return { key, value: { stringValue: value } };
}

function int(key: string, value: number): Attribute {
  return { key, value: { intValue: String(value) } };
}

function span(id: string, parent: string, name: string, from: number, to: number, attributes: Attribute[]) {
  return {
    traceId: TRACE_ID,
    spanId: id,
    parentSpanId: parent,
    name,
    kind: 1,
    startTimeUnixNano: `${START_MILLIS + from}000001`,
    endTimeUnixNano: `${START_MILLIS + to}000001`,
    attributes: [text('session.id', SESSION_ID), ...attributes],
    status: {},
  };
}

const MESSAGES = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: LONG_QUESTION }] }]);
const ANSWER = JSON.stringify([
  { role: 'assistant', parts: [{ type: 'text', content: 'Sieben.' }], finish_reason: 'stop' },
]);

const SPANS = [
  span(AGENT_SPAN, '', 'invoke_agent counter', 0, 100, [
    text('gen_ai.operation.name', 'invoke_agent'),
    text('gen_ai.agent.name', 'counter'),
    text('gen_ai.provider.name', 'openai'),
  ]),
  span(LLM_SPAN, AGENT_SPAN, 'chat gpt-5', 10, 60, [
    text('gen_ai.operation.name', 'chat'),
    text('gen_ai.provider.name', 'openai'),
    text('gen_ai.request.model', 'gpt-5'),
    text('gen_ai.response.model', 'gpt-5-2026'),
    text('gen_ai.response.id', 'resp-1'),
    int('gen_ai.usage.input_tokens', 1200),
    int('gen_ai.usage.output_tokens', 34),
    text('gen_ai.input.messages', MESSAGES),
    text('gen_ai.output.messages', ANSWER),
    int('big', Number.MAX_SAFE_INTEGER),
  ]),
  span(TOOL_SPAN, AGENT_SPAN, 'execute_tool count', 60, 95, [
    text('gen_ai.operation.name', 'execute_tool'),
    text('gen_ai.tool.name', 'count'),
    text('gen_ai.tool.call.id', 'call-1'),
  ]),
];

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 200)
    throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

const RESOURCE = { attributes: [text('service.name', 'orchard')] };

/** Sends the trace, a log record of it and two points of a metric. */
export async function sendTrace(baseUrl: string): Promise<void> {
  await post(`${baseUrl}/v1/traces`, {
    resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: { name: 'orchard' }, spans: SPANS }] }],
  });
  const logRecord = {
    timeUnixNano: `${START_MILLIS}000000`,
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: 'counting' },
    attributes: [],
    traceId: TRACE_ID,
    spanId: AGENT_SPAN,
  };
  await post(`${baseUrl}/v1/logs`, {
    resourceLogs: [
      { resource: RESOURCE, scopeLogs: [{ scope: { name: 'orchard' }, logRecords: [logRecord] }] },
    ],
  });
  const points = [1, 2].map((minute) => ({
    asInt: minute === 1 ? '9007199254740993' : '7',
    timeUnixNano: `${START_MILLIS + minute * 60_000}000000`,
    startTimeUnixNano: `${START_MILLIS}000000`,
    attributes: [text('kind', 'apple')],
  }));
  await post(`${baseUrl}/v1/metrics`, {
    resourceMetrics: [
      {
        resource: RESOURCE,
        scopeMetrics: [
          {
            scope: { name: 'orchard' },
            metrics: [
              {
                name: 'fruit/eaten',
                unit: '1',
                sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: points },
              },
            ],
          },
        ],
      },
    ],
  });
}
