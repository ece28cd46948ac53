import type { DemoAttributes, DemoStep } from './otlp-json.js';

/** Parts and messages of the GenAI conventions (`gen_ai.input.messages`, semantic conventions 1.37). */
export type Part =
  | { type: 'text'; content: string }
  | { type: 'reasoning'; content: string }
  | { type: 'tool_call'; id: string; name: string; arguments: object }
  | { type: 'tool_call_response'; id: string; response: unknown };

export interface ChatMessage {
  role: 'user' | 'assistant' | 'tool';
  parts: Part[];
  finish_reason?: string;
}

export interface Timing {
  startMillis: number;
  durationMillis: number;
}

export function say(role: 'user' | 'assistant', content: string): ChatMessage {
  return { role, parts: [{ type: 'text', content }] };
}

/** A model call with its messages, tokens and the cost that the gateway reported. */
export function chat(
  call: Timing & {
    model: string;
    responseModel: string;
    provider: string;
    responseId: string;
    system?: string;
    input: ChatMessage[];
    output: Part[];
    finishReason: 'stop' | 'tool_call';
    tokens: { input: number; output: number; cached?: number; written?: number; reasoning?: number };
    costUsd: number;
  },
): DemoStep {
  const { tokens } = call;
  return {
    name: `chat ${call.model}`,
    kind: 'client',
    startMillis: call.startMillis,
    durationMillis: call.durationMillis,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': call.provider,
      'gen_ai.request.model': call.model,
      'gen_ai.response.model': call.responseModel,
      'gen_ai.response.id': call.responseId,
      'gen_ai.response.finish_reasons': [call.finishReason],
      'gen_ai.usage.input_tokens': tokens.input,
      'gen_ai.usage.output_tokens': tokens.output,
      ...(tokens.cached === undefined ? {} : { 'gen_ai.usage.cache_read.input_tokens': tokens.cached }),
      ...(tokens.written === undefined ? {} : { 'gen_ai.usage.cache_creation.input_tokens': tokens.written }),
      ...(tokens.reasoning === undefined ? {} : { 'gen_ai.usage.reasoning.output_tokens': tokens.reasoning }),
      'gen_ai.usage.cost': call.costUsd,
      ...(call.system === undefined
        ? {}
        : { 'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: call.system }]) }),
      'gen_ai.input.messages': JSON.stringify(call.input),
      'gen_ai.output.messages': JSON.stringify([
        { role: 'assistant', parts: call.output, finish_reason: call.finishReason },
      ]),
    },
  };
}

/** An agent's run over its steps, which said `output` unless that is empty; `attributes` go beside what the conventions ask for. */
export function agent(
  run: Timing & {
    agentName: string;
    agentId: string;
    input: string;
    output: string;
    attributes?: DemoAttributes;
    error?: { type: string; message: string } | undefined;
    steps: DemoStep[];
  },
): DemoStep {
  return {
    name: `invoke_agent ${run.agentName}`,
    startMillis: run.startMillis,
    durationMillis: run.durationMillis,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': run.agentName,
      'gen_ai.agent.id': run.agentId,
      'gen_ai.input.messages': JSON.stringify([say('user', run.input)]),
      ...(run.output === ''
        ? {}
        : { 'gen_ai.output.messages': JSON.stringify([say('assistant', run.output)]) }),
      ...run.attributes,
    },
    ...(run.error === undefined ? {} : { error: run.error }),
    children: run.steps,
  };
}

/** A tool that returned `result`, or threw `error`. */
export function tool(
  call: Timing & {
    toolName: string;
    callId: string;
    arguments: object;
    result?: unknown;
    error?: { type: string; message: string };
    steps?: DemoStep[];
  },
): DemoStep {
  return {
    name: `execute_tool ${call.toolName}`,
    startMillis: call.startMillis,
    durationMillis: call.durationMillis,
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': call.toolName,
      'gen_ai.tool.call.id': call.callId,
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.arguments': JSON.stringify(call.arguments),
      ...(call.result === undefined ? {} : { 'gen_ai.tool.call.result': JSON.stringify(call.result) }),
    },
    ...(call.error === undefined ? {} : { error: call.error }),
    ...(call.steps === undefined ? {} : { children: call.steps }),
  };
}

/** A model's wish to call a tool. */
export function callTool(id: string, name: string, args: object): Part {
  return { type: 'tool_call', id, name, arguments: args };
}
