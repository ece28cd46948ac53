import { describe, expect, it } from 'vitest';
import { readReportContent } from '../../collector/dialects/normalize.js';
import { factsOf, reportOf, sendLog, type Attributes } from './sent-span.js';

const record = (name: string, attributes: Attributes = {}) =>
  reportOf({ attributes: { 'event.name': `gemini_cli.${name}`, ...attributes } });

describe('what a span of Gemini CLI is', () => {
  it.each([
    ['llm_call', 'llm'],
    ['tool_call', 'tool'],
    ['schedule_tool_calls', 'step'],
    ['agent_call', 'agent'],
  ])('%s is %s', (operation, type) => {
    const attributes = { 'gen_ai.operation.name': operation };
    expect(factsOf({ name: operation, scope: 'gemini-cli', attributes })).toMatchObject({
      type,
      dialect: 'gemini-cli',
    });
  });
});

describe('what a log record of Gemini CLI reports', () => {
  const counts = {
    model: 'gemini-2.5-flash',
    input_token_count: 6200,
    output_token_count: 12,
    thoughts_token_count: 6,
    cached_content_token_count: 4096,
  };

  it('a call, with the thoughts that stand beside its output', () => {
    const facts = record('api_response', { ...counts, tool_token_count: 0, total_token_count: 6218 });
    expect(facts).toMatchObject({
      type: 'llm',
      dialect: 'gemini-cli',
      responseModel: 'gemini-2.5-flash',
      usage: { inputTokens: 6200, outputTokens: 18, cachedInputTokens: 4096, reasoningTokens: 6 },
    });
  });

  it('tokens of tools are input where the total says that they stand beside it', () => {
    const input = (total: number) =>
      record('api_response', { ...counts, tool_token_count: 100, total_token_count: total })?.usage
        .inputTokens;
    expect(input(6318)).toBe(6300);
    expect(input(6218)).toBe(6200);
  });

  it('an error is a failed call', () => {
    const attributes = { 'error.message': 'quota', 'error.type': 'QuotaError', status_code: 429 };
    const failed = { type: 'llm', outcome: 'failed' };
    expect(record('api_error', attributes)).toMatchObject({
      ...failed,
      errorType: 'QuotaError',
      errorMessage: 'quota',
    });
    expect(record('api_error', { status_code: 500 })).toMatchObject({ ...failed, errorType: '500' });
    expect(record('api_error')).toMatchObject({ ...failed, errorType: 'api_error' });
  });

  it('a tool that failed says so, and why', () => {
    const attributes = { function_name: 'read_file', success: false, error: 'not found' };
    expect(record('tool_call', attributes)).toMatchObject({
      type: 'tool',
      toolName: 'read_file',
      outcome: 'failed',
      errorMessage: 'not found',
    });
    expect(record('tool_call', { function_name: 'read_file', success: true })?.outcome).toBe('completed');
  });

  it('prompts, answers and arguments where they may be sent', () => {
    const read = (attributes: Attributes) => readReportContent(sendLog({ attributes }));
    const prompt = read({ 'event.name': 'gemini_cli.user_prompt', prompt: 'Hi' });
    expect(prompt.inputMessages).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]);
    const answer = read({ 'event.name': 'gemini_cli.api_response', response_text: 'Done.' });
    expect(answer.outputMessages?.[0]?.parts).toEqual([{ type: 'text', content: 'Done.' }]);
    const tool = read({ 'event.name': 'gemini_cli.tool_call', function_args: '{"path":"a"}' });
    expect(tool.toolArguments).toEqual({ path: 'a' });
  });

  it('requests and whatever else report nothing', () => {
    for (const name of ['api_request', 'config', 'model_routing', 'file_operation'])
      expect(record(name)).toBeNull();
  });
});
