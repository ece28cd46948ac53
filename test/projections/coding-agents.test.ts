import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../support/random.js';
import { sendLog, sendSpan, type Attributes } from '../dialects/sent-span.js';
import { loadTelemetry, projectTelemetry, type Telemetry } from './projected-telemetry.js';

const CAPTURES = [
  'claude-code-logs-metrics',
  'codex-cli-exec',
  'copilot-chat-agent',
  'gemini-cli-tool-error',
];

describe.each(CAPTURES)('the telemetry of %s', (name) => {
  const telemetry = loadTelemetry(name);
  const rows = projectTelemetry(telemetry);

  it('repeated and in any order gives the same rows', () => {
    const random = new SeededRandom(7);
    const mix = <Item>(items: readonly Item[]): Item[] =>
      [...items, ...random.some(items)]
        .map((item) => ({ item, place: random.next() }))
        .sort((left, right) => left.place - right.place)
        .map(({ item }) => item);
    for (let time = 0; time < 3; time += 1) {
      const { traces, ledgers, sessions } = projectTelemetry({
        spans: mix(telemetry.spans),
        records: mix(telemetry.records),
      });
      expect({ traces, ledgers, sessions }).toEqual(rows);
    }
  });

  it('counts a call once also while spans, or records, have not come', () => {
    const calls = ({ traces, ledgers }: ReturnType<typeof projectTelemetry>): number =>
      [...traces, ...ledgers].reduce((sum, { trace }) => sum + trace.llmCalls, 0);
    const records = calls(projectTelemetry({ ...telemetry, spans: [] }));
    const spans = calls(projectTelemetry({ ...telemetry, records: [] }));
    expect(Math.max(records, spans)).toBe(calls(rows));
  });
});

describe('Claude Code with all its signals', () => {
  const START = 1_767_225_600_000_000_000n;
  const at = (millis: number): bigint => START + BigInt(millis) * 1_000_000n;
  const scopeName = 'com.anthropic.claude_code.tracing';
  const session = { 'session.id': 's' };

  const span = (type: string, spanId: string, [from, to]: [number, number], attributes: Attributes) =>
    sendSpan({
      spanId,
      name: `claude_code.${type}`,
      scope: scopeName,
      parentSpanId: type === 'interaction' ? null : '00000000000000a1',
      startTimeUnixNano: at(from),
      endTimeUnixNano: at(to),
      attributes: { ...session, 'span.type': type, ...attributes },
    });
  const record = (name: string, millis: number, attributes: Attributes) => ({
    id: `record-${name}-${millis}`,
    log: sendLog({
      traceId: null,
      spanId: null,
      body: `claude_code.${name}`,
      timeUnixNano: at(millis),
      scope: { ...sendSpan().scope, name: 'com.anthropic.claude_code.events' },
      attributes: { ...session, 'event.name': name, ...attributes },
    }),
  });

  const counts = {
    model: 'm',
    input_tokens: 12,
    output_tokens: 180,
    cache_read_tokens: 500,
    request_id: 'req_1',
  };
  const telemetry: Telemetry = {
    spans: [
      span('interaction', '00000000000000a1', [0, 5_000], { user_prompt: '<REDACTED>' }),
      span('llm_request', '00000000000000a2', [100, 2_000], counts),
      span('tool', '00000000000000a3', [2_100, 2_500], { tool_name: 'Bash', tool_use_id: 't1' }),
    ],
    records: [
      record('user_prompt', 2, { prompt: 'Rename foo' }),
      record('api_request', 2_001, { ...counts, cost_usd: 0.0123 }),
      record('assistant_response', 2_003, { response: 'Running it.', request_id: 'req_1' }),
      record('tool_result', 2_501, {
        tool_name: 'Bash',
        tool_use_id: 't1',
        success: 'false',
        error: 'exit 2',
        tool_input: '{"command":"make"}',
      }),
    ],
  };

  it('has the tree and times of its spans, and the cost, prompt, answer and failure of its log events', () => {
    const { traces, ledgers } = projectTelemetry(telemetry);
    expect(ledgers).toEqual([]);
    expect(traces).toHaveLength(1);
    expect(traces[0]?.trace).toMatchObject({
      spanCount: 3,
      reportCount: 4,
      llmCalls: 1,
      toolCalls: 1,
      errorCount: 1,
      totals: { inputTokens: 512, outputTokens: 180, costUsd: '0.0123' },
      agents: ['claude-code'],
      inputPreview: 'Rename foo',
      outputPreview: 'Running it.',
      endTimeUnixNano: at(5_000),
    });
    expect(traces[0]?.executions).toMatchObject([
      {
        agentName: 'claude-code',
        inputData: [{ role: 'user' }],
        outputData: [{ role: 'assistant' }],
        toolsCalled: [{ name: 'Bash', arguments: { command: 'make' }, error: 'exit 2', duration_ms: 400 }],
      },
    ]);
  });

  it('is one session, whether its spans have come or not', () => {
    const whole = projectTelemetry(telemetry).sessions;
    const recordsOnly = projectTelemetry({ ...telemetry, spans: [] }).sessions;
    const { totals, llmCalls, toolCalls, errorCount } = whole[0] ?? {};
    expect(recordsOnly).toMatchObject([
      { totals, llmCalls, toolCalls, errorCount, traceCount: 0, entryCount: 4 },
    ]);
    expect(whole).toMatchObject([{ traceCount: 1, entryCount: 7 }]);
  });
});
