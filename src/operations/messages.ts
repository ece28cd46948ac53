import { renderJson } from './render-json.js';

/** Text that was said or is to be said. */
export interface TextPart {
  /** Says which part it is. */
  type: 'text';
  /** The text. */
  content: string;
}

/** What a model thought before it answered. */
export interface ReasoningPart {
  /** Says which part it is. */
  type: 'reasoning';
  /** The thoughts, or their summary. */
  content: string;
}

/** A tool that the model wants to have called; `arguments` is any JSON value. */
export interface ToolCallPart {
  /** Says which part it is. */
  type: 'tool_call';
  /** The id that the model gave the call. */
  id?: string | null;
  /** The tool. */
  name: string;
  /** What the tool is given. */
  arguments?: unknown;
}

/** What a tool answered; `response` is any JSON value. */
export interface ToolCallResponsePart {
  /** Says which part it is. */
  type: 'tool_call_response';
  /** The id of the call that is answered. */
  id?: string | null;
  /** The answer. */
  response: unknown;
}

/** Any other part, such as an image: kept as it is given. */
export interface OtherPart {
  /** Says which part it is: `blob`, `file`, `uri` or any other. */
  type: string;
  [field: string]: unknown;
}

/** One part of a message. */
export type MessagePart = TextPart | ReasoningPart | ToolCallPart | ToolCallResponsePart | OtherPart;

/** A message in the form of the GenAI conventions (docs/gen-ai/gen-ai-input-messages.json). */
export interface Message {
  /** `user`, `assistant`, `system`, `tool` or any other. */
  role: string;
  /** What it consists of, in order. */
  parts: readonly MessagePart[];
  /** Who speaks, where several have the same role. */
  name?: string;
  /** Of an answer: why the model stopped. */
  finish_reason?: string;
}

type Fields = Record<string, unknown>;

/**
 * Messages in the conventions' form from what applications have in hand: a text, a message, a list of them; in the
 * conventions' form or in the shapes of OpenAI's chat and Anthropic's messages API. Anything else becomes one message
 * whose text is the value as JSON. Undefined for undefined and null.
 */
export function toMessages(value: unknown, role: 'user' | 'assistant'): Message[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length > 0 && value.every(isMessageLike)) {
    return value.map((message) => toMessage(message, role));
  }
  if (isMessageLike(value)) return [toMessage(value, role)];
  if (Array.isArray(value) && value.length > 0 && value.every(isPartLike)) {
    return [{ role, parts: value.map(toPart) }];
  }
  const text = renderJson(value);
  return text === undefined ? undefined : [{ role, parts: [{ type: 'text', content: text }] }];
}

/** The parts of a system prompt: of a text, of parts or of anything else as JSON. */
export function toParts(value: unknown): MessagePart[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map(toPart);
  const text = renderJson(value);
  return text === undefined ? undefined : [{ type: 'text', content: text }];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isMessageLike(value: unknown): value is Fields {
  if (!isFields(value)) return false;
  if (Array.isArray(value['parts'])) return true;
  return typeof value['role'] === 'string' && ('content' in value || Array.isArray(value['tool_calls']));
}

function isPartLike(value: unknown): boolean {
  return isFields(value) && typeof value['type'] === 'string';
}

function toMessage(message: Fields, role: string): Message {
  const { parts, role: given, content, tool_calls: calls, name, finish_reason: reason } = message;
  const own = typeof given === 'string' ? given : role;
  const optional = {
    ...(typeof name === 'string' && { name }),
    ...(typeof reason === 'string' && { finish_reason: reason }),
  };
  if (Array.isArray(parts)) return { role: own, parts: parts.map(toPart), ...optional };
  const id = message['tool_call_id'];
  if (own === 'tool' && typeof id === 'string') {
    return { role: own, parts: [{ type: 'tool_call_response', id, response: content }], ...optional };
  }
  const said = content === undefined || content === null || content === '' ? [] : (toParts(content) ?? []);
  return { role: own, parts: [...said, ...(Array.isArray(calls) ? calls.map(toCall) : [])], ...optional };
}

/** OpenAI's `{id, function: {name, arguments}}`, whose arguments are JSON text. */
function toCall(call: unknown): MessagePart {
  const { id, function: called } = isFields(call) ? call : {};
  const { name, arguments: given } = isFields(called) ? called : {};
  return {
    type: 'tool_call',
    id: typeof id === 'string' ? id : null,
    name: typeof name === 'string' ? name : '',
    arguments: parse(given),
  };
}

/** Parts of OpenAI (`text`, `input_text`, `output_text`) and Anthropic (`text`, `thinking`, `tool_use`, `tool_result`). */
function toPart(part: unknown): MessagePart {
  if (!isFields(part)) return { type: 'text', content: renderJson(part) ?? '' };
  const { type, text, thinking, id, name } = part;
  if (typeof text === 'string' && (type === 'text' || type === 'input_text' || type === 'output_text')) {
    return { type: 'text', content: text };
  }
  if (type === 'thinking' && typeof thinking === 'string') return { type: 'reasoning', content: thinking };
  if (type === 'tool_use' && typeof name === 'string') {
    return { type: 'tool_call', id: typeof id === 'string' ? id : null, name, arguments: part['input'] };
  }
  if (type === 'tool_result' && typeof part['tool_use_id'] === 'string') {
    return { type: 'tool_call_response', id: part['tool_use_id'], response: part['content'] };
  }
  return { ...part, type: typeof type === 'string' ? type : 'unknown' };
}

function parse(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
