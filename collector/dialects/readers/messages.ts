import type { Message, MessagePart } from '../../model/gen-ai.js';
import type { JsonObject, JsonValue } from '../../model/json.js';
import { normalizeFinishReason } from '../finish-reason.js';
import { isObject, readJson } from './json.js';
import { findLangChainMessage, findToolMessageContent } from './langchain.js';
import { createToolCall, createToolResponse, readParts, readPartsOfText } from './parts.js';

/** How deep lists and wrappers (`messages`, `choices`, `generations`, …) are followed to find messages. */
const NESTING_LIMIT = 6;

/** Where requests and answers keep their messages. */
const WRAPPER_KEYS = [
  'messages',
  'contents',
  'choices',
  'generations',
  'input',
  'output',
  'update',
  'candidates',
];

/**
 * Messages out of JSON or text of any known shape: lists of messages (OTel, OpenAI chat and responses, Anthropic,
 * AI SDK, Bedrock, Gemini, serialised LangChain), requests and answers that hold such a list, an AI SDK result
 * (`{text, toolCalls}`), or plain text. Undefined where nothing in it looks like a message.
 */
export function readMessages(value: JsonValue | undefined, defaultRole: string): Message[] | undefined {
  if (typeof value === 'string')
    return value === '' ? undefined : [createMessage(defaultRole, [text(value)])];
  const messages = collectMessages(value, defaultRole, 0);
  return messages.length === 0 ? undefined : messages;
}

export function createMessage(role: string, parts: MessagePart[]): Message {
  return { role, parts };
}

function text(content: string): MessagePart {
  return { type: 'text', content };
}

function collectMessages(value: JsonValue | undefined, role: string, depth: number): Message[] {
  if (depth > NESTING_LIMIT) return [];
  if (Array.isArray(value)) return value.flatMap((entry) => collectMessages(entry, role, depth + 1));
  if (!isObject(value)) {
    return typeof value === 'string' && value !== '' ? [createMessage(role, [text(value)])] : [];
  }
  const message = readMessage(value, role);
  if (message !== undefined) return [message];
  if (typeof value.prompt === 'string') return [createMessage(role, [text(value.prompt)])];
  const wrapped = WRAPPER_KEYS.find((key) => typeof value[key] === 'object' && value[key] !== null);
  if (wrapped !== undefined) return collectMessages(value[wrapped], role, depth + 1);
  if (isObject(value.message)) return withFinish(collectMessages(value.message, role, depth + 1), value);
  if (typeof value.input === 'string' && role === 'user') return [createMessage(role, [text(value.input)])];
  return [];
}

/** One message; undefined where the object is none. */
export function readMessage(value: JsonObject, defaultRole: string): Message | undefined {
  if (typeof value.role !== 'string') {
    const langChain = findLangChainMessage(value);
    if (langChain !== undefined) return createMessage(langChain.role, readMessageParts(langChain.fields));
    return readItem(value) ?? (isResult(value) ? readResult(value, defaultRole) : undefined);
  }
  const message = createMessage(normalizeRole(value.role), readMessageParts(value));
  if (typeof value.name === 'string') message.name = value.name;
  return finish(message, value.finish_reason ?? value.stop_reason);
}

function readMessageParts(value: JsonObject): MessagePart[] {
  if (Array.isArray(value.parts)) return readParts(value.parts);
  const reasoning = value.reasoning_content;
  const callId = value.tool_call_id ?? value.toolCallId;
  const isResponse = callId !== undefined && callId !== null;
  // No spread into a call: a message may have more parts than a call takes arguments.
  const parts: MessagePart[] = [
    ...(typeof reasoning === 'string' && reasoning !== '' ? [{ type: 'reasoning', content: reasoning }] : []),
    ...(isResponse ? [createToolResponse(callId, value.content)] : readPartsOfText(value.content)),
  ];
  return parts.concat(readToolCalls(findToolCalls(value), parts));
}

/** LangChain leaves the provider's own calls in `additional_kwargs` where it could not read them. */
function findToolCalls(value: JsonObject): JsonValue | undefined {
  const calls = value.tool_calls ?? value.toolCalls;
  const isEmpty = calls === undefined || calls === null || (Array.isArray(calls) && calls.length === 0);
  return isEmpty && isObject(value.additional_kwargs) ? value.additional_kwargs.tool_calls : calls;
}

/** Calls that the content does not hold already: some senders write each call twice. */
function readToolCalls(calls: JsonValue | undefined, already: MessagePart[]): MessagePart[] {
  if (!Array.isArray(calls)) return [];
  const known = new Set(already.flatMap((part) => readCallId(part) ?? []));
  return calls.flatMap((call) => {
    if (!isObject(call)) return [];
    const inner = isObject(call.function) ? call.function : call;
    const part = createToolCall(
      call.id ?? call.toolCallId,
      inner.name ?? call.toolName,
      inner.arguments ?? inner.args ?? inner.input,
    );
    return known.has(readCallId(part) ?? '') ? [] : [part];
  });
}

function readCallId(part: MessagePart): string | undefined {
  return part.type === 'tool_call' && 'id' in part && typeof part.id === 'string' ? part.id : undefined;
}

/** Items of OpenAI's responses API have a type and no role. */
function readItem(value: JsonObject): Message | undefined {
  switch (value.type) {
    case 'function_call':
    case 'reasoning':
      return createMessage('assistant', readParts(value));
    case 'function_call_output':
      return createMessage('tool', readParts(value));
    default:
      return undefined;
  }
}

function isResult(value: JsonObject): boolean {
  return typeof value.text === 'string' && (Array.isArray(value.toolCalls) || Array.isArray(value.files));
}

/** An AI SDK or Mastra result: `{text, reasoning?, toolCalls?}`. */
function readResult(value: JsonObject, role: string): Message {
  let parts: MessagePart[] = [];
  const reasoning = value.reasoningText ?? value.reasoning;
  if (typeof reasoning === 'string' && reasoning !== '')
    parts.push({ type: 'reasoning', content: reasoning });
  else if (Array.isArray(reasoning)) parts = readParts(reasoning);
  if (typeof value.text === 'string' && value.text !== '') parts.push(text(value.text));
  return createMessage(role, parts.concat(readToolCalls(value.toolCalls, [])));
}

/** A LangChain tool's result is a serialised ToolMessage, sometimes under `output`: its content is the result. */
export function unwrapToolMessage(value: JsonValue | undefined): JsonValue | undefined {
  const found = isObject(value) ? findToolMessageContent(value) : undefined;
  return found === undefined ? value : readJson(found.content);
}

function withFinish(messages: Message[], choice: JsonObject): Message[] {
  return messages.map((message) => finish(message, choice.finish_reason ?? choice.finishReason));
}

function finish(message: Message, reason: JsonValue | undefined): Message {
  if (typeof reason === 'string' && reason !== '') message.finish_reason = normalizeFinishReason(reason);
  return message;
}

function normalizeRole(role: string): string {
  if (role === 'model' || role === 'ai') return 'assistant';
  return role === 'human' ? 'user' : role;
}
