import { describe, expect, it } from 'vitest';
import { readLog } from '../../collector/dialects/normalize.js';
import { factsOf, reportOf, sendLog, type Attributes } from './sent-span.js';

const scope = 'codex_exec';

function record(name: string, attributes: Attributes = {}) {
  const eventName = 'event otel/src/events/session_telemetry.rs:1153';
  return reportOf({ eventName, attributes: { 'event.name': name, ...attributes } });
}

describe('what a span of Codex is', () => {
  it('of the spans of an answer only that with counts is the call', () => {
    const usage = { 'gen_ai.usage.input_tokens': 5200n, 'gen_ai.usage.output_tokens': 140n };
    const more = {
      'gen_ai.usage.cache_read.input_tokens': 4096n,
      'codex.usage.reasoning_output_tokens': 96n,
    };
    expect(factsOf({ name: 'handle_responses', scope, attributes: { ...usage, ...more } })).toMatchObject({
      type: 'llm',
      dialect: 'codex-cli',
      requestModel: null,
      usage: { inputTokens: 5200, outputTokens: 140, cachedInputTokens: 4096, reasoningTokens: 96 },
    });
    expect(factsOf({ name: 'handle_responses', scope })).toMatchObject({ type: 'span', dialect: null });
    expect(factsOf({ name: 'handle_responses', scope: 'other', attributes: usage }).type).toBe('span');
  });

  it('a tool only where its name and a call id are sure', () => {
    const attributes = { tool_name: 'exec_command', call_id: 'c1' };
    expect(factsOf({ name: 'exec_command', scope, attributes })).toMatchObject({
      type: 'tool',
      toolName: 'exec_command',
      toolCallId: 'c1',
    });
    expect(factsOf({ name: 'guardian_scoring_observation', scope, attributes }).type).toBe('span');
    expect(factsOf({ name: 'exec_command', scope, attributes: { tool_name: 'exec_command' } }).type).toBe(
      'span',
    );
  });

  it('the totals of a turn are not its own', () => {
    const attributes = { 'codex.turn.token_usage.input_tokens': 10_600n, model: 'gpt-5-codex' };
    expect(factsOf({ name: 'session_task.turn', scope, attributes })).toMatchObject({
      type: 'span',
      requestModel: null,
      usage: { inputTokens: null },
    });
  });

  it('the conversation is on plain spans too', () => {
    const attributes = { 'conversation.id': 'conv-1' };
    expect(factsOf({ name: 'run_turn', scope, attributes }).conversationId).toBe('conv-1');
  });
});

describe('what a log record of Codex reports', () => {
  const counts = { input_token_count: '5200', output_token_count: '140', tool_token_count: '5340' };

  it('the record of a completed answer with counts is the call, that without them is not', () => {
    const completed = { 'event.kind': 'response.completed', model: 'gpt-5-codex', 'conversation.id': 'c' };
    const more = { cached_token_count: 4096n, cache_write_token_count: 0n, reasoning_token_count: 96n };
    expect(record('codex.sse_event', { ...completed, ...counts, ...more })).toMatchObject({
      type: 'llm',
      dialect: 'codex-cli',
      responseModel: 'gpt-5-codex',
      conversationId: 'c',
      usage: {
        inputTokens: 5200,
        outputTokens: 140,
        cachedInputTokens: 4096,
        cacheWriteTokens: 0,
        reasoningTokens: 96,
      },
    });
    expect(record('codex.sse_event', completed)).toBeNull();
    expect(record('codex.sse_event', { ...counts, 'event.kind': 'response.created' })).toBeNull();
  });

  it('a request is a call only where it failed', () => {
    const attributes = { 'http.response.status_code': 429n, 'error.message': 'slow down', attempt: 2n };
    expect(record('codex.api_request', attributes)).toMatchObject({
      type: 'llm',
      outcome: 'failed',
      errorType: '429',
      errorMessage: 'slow down',
      attempt: 2,
    });
    expect(record('codex.api_request', { 'error.message': 'no route' })?.outcome).toBe('failed');
    expect(record('codex.api_request', { 'http.response.status_code': 200n })).toBeNull();
    expect(record('codex.api_request', { ...attributes, endpoint: '/responses' })?.outcome).toBe('failed');
    expect(record('codex.api_request', { ...attributes, endpoint: '/models' })).toBeNull();
  });

  it('a tool run of an agent with a path below the main one', () => {
    const attributes = { tool_name: 'exec_command', call_id: 'c1', success: 'true' };
    expect(record('codex.tool_result', { ...attributes, agent_name: '/root' })).toMatchObject({
      type: 'tool',
      outcome: 'completed',
      toolCallId: 'c1',
      agentName: null,
    });
    expect(record('codex.tool_result', { ...attributes, agent_name: '/root/review' })?.agentName).toBe(
      '/root/review',
    );
  });

  it("its session is the conversation, though the event's name is a source position", () => {
    const log = sendLog({
      eventName: 'event otel/src/tool_result.rs:54',
      attributes: { 'event.name': 'codex.user_prompt', 'conversation.id': 'conv-1', prompt: 'Hi' },
    });
    expect(readLog(log)).toMatchObject({ sessionId: 'conv-1', report: { facts: { type: 'event' } } });
    expect(record('codex.tool_decision', { tool_name: 'exec_command' })).toBeNull();
  });
});
