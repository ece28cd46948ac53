import { describe, expect, it } from 'vitest';
import type { SpanFacts } from '../../collector/model/normalized-span.js';
import { contentOf, factsOf, type Attributes, type SentSpan } from './sent-span.js';

function run(kind: string, attributes: Attributes = {}, sent: SentSpan = {}): SpanFacts {
  return factsOf({ ...sent, attributes: { 'langsmith.span.kind': kind, ...attributes } });
}

const CHAT = { 'langsmith.span.kind': 'llm', 'gen_ai.operation.name': 'chat' };

describe('what a LangSmith run is', () => {
  it.each([
    ['llm', 'chat', 'llm'],
    ['tool', 'execute_tool', 'tool'],
    ['chain', 'chain', 'step'],
    ['retriever', 'embeddings', 'retrieval'],
    ['embedding', 'embeddings', 'embedding'],
    ['prompt', 'chat', 'step'],
    ['parser', 'parser', 'step'],
    ['something new', 'something new', 'step'],
  ])('a %s is so, although the operation is %s', (kind, operation, type) => {
    expect(run(kind, { 'gen_ai.operation.name': operation })).toMatchObject({ type, dialect: 'langsmith' });
  });

  it('a root chain is an agent where its metadata says so', () => {
    const root = { 'langsmith.is_root': true, 'langsmith.metadata.ls_agent_type': 'root' };
    expect(run('chain', root, { name: 'stock_agent' })).toMatchObject({
      type: 'agent',
      agentName: 'stock_agent',
    });
    expect(run('chain', { 'langsmith.is_root': true }, { name: 'failing_chain' })).toMatchObject({
      type: 'step',
      agentName: null,
    });
  });

  it('a child that inherited the metadata is none', () => {
    const child = { 'langsmith.metadata.ls_agent_type': 'root' };
    expect(run('chain', child, { name: 'inner' })).toMatchObject({ type: 'step', agentName: null });
  });

  it('the run of a LangChain agent is an agent, its nodes are not', () => {
    const named = { 'langsmith.metadata.lc_agent_name': 'researcher' };
    expect(run('chain', named, { name: 'LangGraph' })).toMatchObject({
      type: 'agent',
      agentName: 'researcher',
    });
    expect(
      run('chain', { ...named, 'langsmith.metadata.langgraph_node': 'tools' }, { name: 'tools' }).type,
    ).toBe('step');
  });

  it('a root that its last streaming child was written over is that call, and still says the agent', () => {
    const over = {
      'langsmith.is_root': true,
      'langsmith.metadata.ls_agent_type': 'root',
      'langsmith.trace.name': 'ChatOpenAI',
    };
    expect(run('llm', over, { name: 'stock_agent' })).toMatchObject({
      type: 'llm',
      agentName: 'stock_agent',
    });
    expect(run('llm', over, { name: 'ChatOpenAI' })).toMatchObject({ type: 'llm', agentName: null });
  });
});

describe('the usage of a LangSmith run', () => {
  const usage = {
    input_tokens: 88,
    output_tokens: 7,
    total_tokens: 95,
    input_token_details: { audio: 3, cache_read: 32, cache_creation: 8 },
    output_token_details: { audio: 0, reasoning: 5 },
    total_cost: 0.0012,
  };

  it('is in its usage metadata, cached tokens and reasoning inside', () => {
    expect(run('llm', { 'langsmith.usage_metadata': JSON.stringify(usage) })).toMatchObject({
      usage: {
        inputTokens: 88,
        outputTokens: 7,
        cachedInputTokens: 32,
        cacheWriteTokens: 8,
        reasoningTokens: 5,
      },
      reportedCostUsd: '0.0012',
    });
  });

  it('is in the convention’s keys with details beside them', () => {
    const attributes = {
      'gen_ai.usage.input_tokens': 88n,
      'gen_ai.usage.output_tokens': 7n,
      'gen_ai.usage.input_token_details': JSON.stringify(usage.input_token_details),
      'gen_ai.usage.output_token_details': JSON.stringify(usage.output_token_details),
    };
    expect(run('llm', attributes).usage).toEqual({
      inputTokens: 88,
      outputTokens: 7,
      cachedInputTokens: 32,
      cacheWriteTokens: 8,
      reasoningTokens: 5,
    });
  });
});

describe('identity and ending of a LangSmith run', () => {
  it('the trace’s session is a project: session, thread and user are in the metadata', () => {
    const project = { 'langsmith.trace.session_id': 'project-1', 'langsmith.trace.session_name': 'default' };
    expect(run('chain', project)).toMatchObject({ sessionId: null, conversationId: null });
    const metadata = {
      ...project,
      'langsmith.metadata.session_id': 's-1',
      'langsmith.metadata.thread_id': 't-1',
      'langsmith.metadata.user_id': 'u-1',
    };
    expect(run('chain', metadata)).toMatchObject({ sessionId: 's-1', conversationId: 't-1', userId: 'u-1' });
  });

  it('what the process’s environment says is no fact of the run', () => {
    const facts = run('chain', {
      'langsmith.metadata.LANGSMITH_PROJECT': 'secret-project',
      'langsmith.metadata.LANGSMITH_TRACING': 'true',
    });
    expect(JSON.stringify(facts)).not.toContain('secret-project');
  });

  it('an exception is a failure although the status is OK', () => {
    const events = [
      {
        name: 'exception',
        attributes: { 'exception.type': 'Error', 'exception.message': '500 from the server' },
      },
    ];
    expect(run('chain', {}, { statusCode: 1, events })).toMatchObject({
      outcome: 'failed',
      errorType: 'Error',
      errorMessage: '500 from the server',
    });
  });

  it('finish reasons of all choices are one text', () => {
    expect(run('llm', { 'gen_ai.response.finish_reasons': 'stop, tool_calls, stop' }).finishReasons).toEqual([
      'stop',
      'tool_call',
    ]);
  });

  it('tags are one text, empty where there are none', () => {
    expect(run('chain', { 'langsmith.span.tags': 'faq, prod' }).tags).toEqual(['faq', 'prod']);
    expect(run('chain', { 'langsmith.span.tags': '' }).tags).toEqual([]);
  });

  it('a framework as the system is no provider', () => {
    expect(run('chain', { 'gen_ai.system': 'langchain' }).provider).toBeNull();
    expect(run('llm', { 'langsmith.metadata.ls_provider': 'anthropic' }).provider).toBe('anthropic');
  });
});

describe('the bodies of a LangSmith run', () => {
  const tool = (prompt: string, completion: string) => ({
    'langsmith.span.kind': 'tool',
    'langsmith.trace.name': 'stock_lookup',
    'gen_ai.prompt': prompt,
    'gen_ai.completion': completion,
  });

  it('a tool is given an object, and gives back what it made', () => {
    const attributes = tool('{"sku":"SKU-5"}', '{"sku":"SKU-5","stock":4}');
    expect(contentOf({ attributes })).toMatchObject({
      toolArguments: { sku: 'SKU-5' },
      toolResult: { sku: 'SKU-5', stock: 4 },
      inputMessages: null,
    });
    expect(factsOf({ attributes }).toolName).toBe('stock_lookup');
  });

  it('a plain value is wrapped in one field', () => {
    const attributes = tool('{"input":"{\\"sku\\":\\"SKU-5\\"}"}', '{"outputs":"four"}');
    expect(contentOf({ attributes })).toMatchObject({ toolArguments: { sku: 'SKU-5' }, toolResult: 'four' });
  });

  it('the result of a LangChain tool is in its message, with the call’s id', () => {
    const message = {
      lc: 1,
      type: 'constructor',
      id: ['langchain_core', 'messages', 'ToolMessage'],
      kwargs: { content: '4 left', tool_call_id: 'call_1' },
    };
    const attributes = tool('{"input":"SKU-5"}', JSON.stringify({ output: message }));
    expect(contentOf({ attributes }).toolResult).toBe('4 left');
    expect(factsOf({ attributes }).toolCallId).toBe('call_1');
  });

  it('the prompt is the whole request: messages and tools', () => {
    const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], tools: [{ name: 't' }] };
    expect(contentOf({ attributes: { ...CHAT, 'gen_ai.prompt': JSON.stringify(request) } })).toMatchObject({
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
      toolDefinitions: [{ name: 't' }],
    });
  });

  it('a chain’s input stays as the raw body', () => {
    const attributes = { 'langsmith.span.kind': 'chain', 'gen_ai.prompt': '{"question":"Why?"}' };
    expect(contentOf({ attributes })).toMatchObject({ inputMessages: null, rawInput: '{"question":"Why?"}' });
  });
});
