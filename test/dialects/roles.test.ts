import { describe, expect, it } from 'vitest';
import type { SpanType } from '../../collector/model/normalized-span.js';
import { factsOf, type SentSpan } from './sent-span.js';

function typeOf(sent: SentSpan): [SpanType, string | null] {
  const { type, dialect } = factsOf(sent);
  return [type, dialect];
}

describe('the role of a span follows from its dialect’s mark', () => {
  it.each<[string, SpanType]>([
    ['chat', 'llm'],
    ['text_completion', 'llm'],
    ['generate_content', 'llm'],
    ['llm_call', 'llm'],
    ['embeddings', 'embedding'],
    ['execute_tool', 'tool'],
    ['invoke_agent', 'agent'],
    ['create_agent', 'agent'],
    ['invoke_workflow', 'workflow'],
    ['retrieval', 'retrieval'],
    ['rerank', 'rerank'],
    ['agent_step', 'step'],
    ['search_memory', 'step'],
  ])('gen_ai.operation.name %s is %s', (operation, type) => {
    expect(typeOf({ attributes: { 'gen_ai.operation.name': operation } })).toEqual([type, 'otel-genai']);
  });

  it.each<[string, SpanType]>([
    ['LLM', 'llm'],
    ['EMBEDDING', 'embedding'],
    ['AGENT', 'agent'],
    ['TOOL', 'tool'],
    ['CHAIN', 'step'],
    ['RETRIEVER', 'retrieval'],
    ['RERANKER', 'rerank'],
    ['GUARDRAIL', 'guardrail'],
    ['EVALUATOR', 'evaluation'],
    ['PROMPT', 'step'],
  ])('openinference.span.kind %s is %s', (kind, type) => {
    expect(typeOf({ attributes: { 'openinference.span.kind': kind } })).toEqual([type, 'openinference']);
  });

  it.each<[string, SpanType]>([
    ['ai.generateText', 'agent'],
    ['ai.streamObject', 'agent'],
    ['ai.generateText.doGenerate', 'llm'],
    ['ai.streamText.doStream', 'llm'],
    ['ai.toolCall', 'tool'],
    ['ai.embed', 'step'],
    ['ai.embedMany', 'step'],
    ['ai.embedMany.doEmbed', 'embedding'],
    ['ai.rerank.doRerank', 'rerank'],
  ])('ai.operationId %s is %s', (operation, type) => {
    expect(typeOf({ attributes: { 'ai.operationId': operation } })).toEqual([type, 'vercel-ai']);
  });

  it.each<[string, SpanType]>([
    ['agent_run', 'agent'],
    ['model_inference', 'llm'],
    ['model_generation', 'step'],
    ['model_step', 'step'],
    ['model_chunk', 'event'],
    ['tool_call', 'tool'],
    ['mcp_tool_call', 'tool'],
    ['workflow_run', 'workflow'],
    ['processor_run', 'step'],
  ])('mastra.span.type %s is %s, whatever the operation says', (value, type) => {
    const attributes = { 'gen_ai.operation.name': 'chat', 'mastra.span.type': value };
    expect(typeOf({ attributes })).toEqual([type, 'otel-genai']);
  });

  it.each<[string, SpanType]>([
    ['db.system', 'db'],
    ['db.system.name', 'db'],
    ['http.request.method', 'http'],
    ['http.method', 'http'],
    ['url.full', 'http'],
  ])('%s makes a %s span of no dialect', (key, type) => {
    expect(typeOf({ attributes: { [key]: 'x' } })).toEqual([type, null]);
  });
});

describe('where several marks meet', () => {
  it('a model call over HTTP is a model call', () => {
    const attributes = { 'http.request.method': 'POST', 'gen_ai.operation.name': 'chat' };
    expect(typeOf({ attributes })).toEqual(['llm', 'otel-genai']);
  });

  it('OpenInference’s mark is believed before the AI SDK’s, and the AI SDK’s before gen_ai', () => {
    const gen = { 'gen_ai.operation.name': 'chat' };
    const ai = { ...gen, 'ai.operationId': 'ai.toolCall' };
    expect(typeOf({ attributes: ai })).toEqual(['tool', 'vercel-ai']);
    const all = { ...ai, 'openinference.span.kind': 'CHAIN' };
    expect(typeOf({ attributes: all })).toEqual(['step', 'openinference']);
  });

  it('the outer span of an embedding is no call although the OpenInference bridge says so', () => {
    const attributes = { 'openinference.span.kind': 'EMBEDDING', 'ai.operationId': 'ai.embed' };
    expect(typeOf({ attributes })).toEqual(['step', 'vercel-ai']);
  });

  it('a model with usage and no other mark is a model call', () => {
    const attributes = { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.prompt_tokens': 5n };
    expect(typeOf({ attributes })).toEqual(['llm', 'otel-genai']);
    expect(typeOf({ attributes: { 'gen_ai.request.model': 'gpt-4o' } })).toEqual(['span', null]);
  });

  it('an MCP tool call is a tool and any other MCP method a step', () => {
    expect(typeOf({ attributes: { 'mcp.method.name': 'tools/call' } })[0]).toBe('tool');
    expect(typeOf({ attributes: { 'mcp.method.name': 'tools/list' } })[0]).toBe('step');
  });

  it('a cycle of the Strands agent loop is a step', () => {
    expect(typeOf({ name: 'execute_agent_loop_cycle' })).toEqual(['step', 'otel-genai']);
  });

  it('a span without any mark is plain', () => {
    expect(typeOf({ name: 'middleware', attributes: { 'session.id': 's' } })).toEqual(['span', null]);
  });
});

describe('hand-offs are no tools', () => {
  it.each([
    [{ name: 'handoff to Billing', attributes: { 'openinference.span.kind': 'TOOL' } }],
    [
      {
        name: 'x',
        attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'transfer_to_b' },
      },
    ],
    [{ name: 'x', attributes: { 'openinference.span.kind': 'TOOL', 'tool.name': 'handoff_to_Billing' } }],
  ])('%j', (sent) => {
    expect(factsOf(sent).type).toBe('handoff');
  });

  it('a tool that only mentions a transfer is a tool', () => {
    const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'bank_transfer_to_x' };
    expect(factsOf({ attributes }).type).toBe('tool');
  });
});

describe('agents and their names', () => {
  const bridge = '@arizeai/openinference-instrumentation-openai-agents';

  it('the root of an OpenAI Agents trace is its workflow, and its nodes are the agents', () => {
    const attributes = { 'openinference.span.kind': 'AGENT' };
    expect(typeOf({ name: 'Desk workflow', scope: bridge, attributes })[0]).toBe('workflow');
    const node = factsOf({
      name: 'T',
      scope: bridge,
      attributes: { ...attributes, 'graph.node.id': 'Triage' },
    });
    expect([node.type, node.agentName]).toEqual(['agent', 'Triage']);
  });

  it('an AGENT root of any other instrumentation is an agent by its span’s name', () => {
    const facts = factsOf({ name: 'Crew.kickoff', attributes: { 'openinference.span.kind': 'AGENT' } });
    expect([facts.type, facts.agentName]).toEqual(['agent', 'Crew.kickoff']);
  });

  it('of a LangGraph run the span outside all nodes is the agent', () => {
    const chain = (name: string, metadata: object) =>
      factsOf({
        name,
        attributes: { 'openinference.span.kind': 'CHAIN', metadata: JSON.stringify(metadata) },
      });
    expect(chain('run', { lc_agent_name: 'math' })).toMatchObject({ type: 'agent', agentName: 'math' });
    expect(chain('tools', { lc_agent_name: 'math', langgraph_node: 'tools' }).type).toBe('step');
    expect(chain('math', { lc_agent_name: 'math', langgraph_node: 'delegate' }).type).toBe('agent');
    expect(chain('run', {}).type).toBe('step');
  });

  it('the name behind invoke_agent is the agent’s, unless it is the model’s', () => {
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.request.model': 'gpt-5' };
    expect(factsOf({ name: 'invoke_agent Clerk', attributes }).agentName).toBe('Clerk');
    expect(factsOf({ name: 'invoke_agent gpt-5', attributes }).agentName).toBeNull();
  });

  it('the AI SDK’s function id names the agent and its calls, not an embedding', () => {
    const named = (id: string) =>
      factsOf({ attributes: { 'ai.operationId': id, 'ai.telemetry.functionId': 'f' } }).agentName;
    expect(['ai.generateText', 'ai.generateText.doGenerate', 'ai.embed'].map(named)).toEqual([
      'f',
      'f',
      null,
    ]);
  });

  it('a Strands agent’s constant id is no id', () => {
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.id': 'agent' };
    expect(factsOf({ scope: 'strands-agents', attributes }).agentId).toBeNull();
    expect(factsOf({ attributes }).agentId).toBe('agent');
  });
});
