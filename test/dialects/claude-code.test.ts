import { describe, expect, it } from 'vitest';
import { readLog, readReportContent } from '../../collector/dialects/normalize.js';
import type { SpanFacts } from '../../collector/model/normalized-span.js';
import type { ScopeData } from '../../collector/model/span-data.js';
import { contentOf, factsOf, reportOf, sendLog, sendSpan, type Attributes } from './sent-span.js';

const SCOPE = 'com.anthropic.claude_code.tracing';
const scope: ScopeData = { ...sendSpan().scope, name: 'com.anthropic.claude_code.events' };

function span(type: string, attributes: Attributes = {}): SpanFacts {
  const name = `claude_code.${type}`;
  return factsOf({ name, scope: SCOPE, attributes: { 'span.type': type, ...attributes } });
}

function event(name: string, attributes: Attributes = {}): SpanFacts | null {
  return reportOf({ body: `claude_code.${name}`, scope, attributes: { 'event.name': name, ...attributes } });
}

describe('what a span of Claude Code is', () => {
  it.each([
    ['interaction', 'agent'],
    ['llm_request', 'llm'],
    ['tool', 'tool'],
    ['tool.execution', 'step'],
    ['tool.blocked_on_user', 'step'],
    ['hook', 'step'],
    ['something.new', 'step'],
  ])('%s is %s', (name, type) => {
    expect(span(name)).toMatchObject({ type, dialect: 'claude-code' });
    expect(factsOf({ name: `claude_code.${name}` })).toMatchObject({ type, dialect: 'claude-code' });
  });

  it("another sender's `span.type` means nothing", () => {
    expect(factsOf({ name: 'GET /', attributes: { 'span.type': 'tool' } })).toMatchObject({
      type: 'span',
      dialect: null,
    });
  });

  it('the agent of an interaction is the main one, unless it names another', () => {
    expect(span('interaction').agentName).toBe('claude-code');
    expect(span('llm_request', { agent_id: 'a1' })).toMatchObject({ agentName: null, agentId: 'a1' });
    expect(span('llm_request', { 'agent.name': 'Explore' }).agentName).toBe('Explore');
  });

  it('a model call has its four counts beside each other, and its request id as response id', () => {
    const attributes = {
      model: 'claude-sonnet-5',
      'gen_ai.system': 'anthropic',
      request_id: 'req_1',
      input_tokens: '12',
      output_tokens: 180n,
      cache_read_tokens: 15_200n,
      cache_creation_tokens: 900n,
      stop_reason: 'tool_use',
    };
    expect(span('llm_request', attributes)).toMatchObject({
      requestModel: 'claude-sonnet-5',
      provider: 'anthropic',
      responseId: 'req_1',
      finishReasons: ['tool_call'],
      usage: { inputTokens: 16_112, outputTokens: 180, cachedInputTokens: 15_200, cacheWriteTokens: 900 },
    });
  });

  it('cached tokens are added also where there are fewer of them than of the others', () => {
    const { usage } = span('llm_request', { input_tokens: 100n, output_tokens: 1n, cache_read_tokens: 20n });
    expect(usage).toMatchObject({ inputTokens: 120, cachedInputTokens: 20 });
  });

  it('a failed request says so in `success`, whatever its status', () => {
    expect(span('llm_request', { success: 'false', error: 'Overloaded' })).toMatchObject({
      outcome: 'failed',
      errorMessage: 'Overloaded',
    });
    expect(span('llm_request', { success: true }).outcome).toBe('completed');
  });

  it('a prompt that was not to be sent is none', () => {
    const read = (user_prompt: string) =>
      contentOf({ name: 'claude_code.interaction', attributes: { user_prompt } }).inputMessages;
    expect(read('<REDACTED>')).toBeNull();
    expect(read('Hi')).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]);
  });
});

describe('what a log event of Claude Code reports', () => {
  it('a call with what it cost, from when to when', () => {
    const attributes = { model: 'm', cost_usd: '0.0123', duration_ms: '2200', input_tokens: '12' };
    expect(event('api_request', attributes)).toMatchObject({
      type: 'llm',
      outcome: 'completed',
      agentName: 'claude-code',
      requestModel: 'm',
      reportedCostUsd: '0.0123',
      usage: { inputTokens: 12 },
    });
    const log = sendLog({ scope, attributes: { 'event.name': 'api_request', duration_ms: 2 } });
    const { data } = readLog(log).report ?? {};
    expect(data?.endTimeUnixNano).toBe(log.timeUnixNano);
    expect(data?.startTimeUnixNano).toBe(log.timeUnixNano - 2_000_000n);
  });

  it('which attempt it was', () => {
    expect(event('api_error', { error: 'Overloaded', attempt: '2' })?.attempt).toBe(2);
    expect(event('tool_result', { tool_name: 'Bash', attempt: 2 })?.attempt).toBeNull();
  });

  it('an error is a failed call, by its status or by its name', () => {
    const failed = { type: 'llm', outcome: 'failed', errorMessage: 'Overloaded' };
    expect(event('api_error', { error: 'Overloaded', status_code: 529 })).toMatchObject({
      ...failed,
      errorType: '529',
    });
    expect(event('api_error', { error: 'Overloaded' })).toMatchObject({ ...failed, errorType: 'api_error' });
  });

  it('a refusal is an answer, and one that the user did not see is none', () => {
    expect(event('api_refusal', { request_id: 'req_1' })).toMatchObject({
      type: 'llm',
      outcome: 'completed',
      responseId: 'req_1',
      finishReasons: ['refusal'],
    });
    expect(event('api_refusal', { server_fallback_hop: true })).toBeNull();
  });

  it('a tool run failed where it had no success', () => {
    const attributes = { tool_name: 'Bash', tool_use_id: 't1', success: 'false', error_type: 'ShellError' };
    expect(event('tool_result', attributes)).toMatchObject({
      type: 'tool',
      outcome: 'failed',
      errorType: 'ShellError',
      toolName: 'Bash',
      toolCallId: 't1',
    });
  });

  it('prompts and answers are no calls', () => {
    expect(event('user_prompt')?.type).toBe('event');
    const log = sendLog({
      eventName: 'claude_code.assistant_response',
      attributes: { response: 'Done.', request_id: 'req_1' },
    });
    expect(readLog(log).report?.facts).toMatchObject({ type: 'event', responseId: 'req_1' });
    expect(readReportContent(log).outputMessages?.[0]?.parts).toEqual([{ type: 'text', content: 'Done.' }]);
  });

  it('decisions, bodies and whatever else report nothing, and so does the same name from others', () => {
    for (const name of ['tool_decision', 'api_request_body', 'api_response_body', 'internal_error'])
      expect(event(name)).toBeNull();
    expect(reportOf({ attributes: { 'event.name': 'api_request', input_tokens: 5 } })).toBeNull();
  });
});
