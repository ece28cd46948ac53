import type { MessagePart } from '../../model/gen-ai.js';
import type { JsonObject, JsonValue } from '../../model/json.js';
import { createObject, isObject, parseJson, readJson } from './json.js';

/**
 * The parts of a message's content, whichever way it was written: plain text, OTel parts, AI SDK, OpenAI (chat and
 * responses), Anthropic, Bedrock and Gemini content. Empty texts are left out, unknown parts stay as they came.
 */
export function readParts(content: JsonValue | undefined): MessagePart[] {
  if (content === undefined || content === null) return [];
  if (Array.isArray(content)) return content.flatMap((entry) => readPart(entry));
  return readPart(content);
}

/** Like `readParts`, but text that is JSON of parts is read as such (Strands writes content as JSON text). */
export function readPartsOfText(content: JsonValue | undefined): MessagePart[] {
  if (typeof content !== 'string') return readParts(content);
  const parsed = parseJson(content);
  const isParts =
    Array.isArray(parsed) && parsed.length > 0 && parsed.every((entry) => isObject(entry) && isPart(entry));
  return readParts(isParts ? (readJson(content) ?? content) : content);
}

/** A tool call that a model asked for; arguments that are JSON text are parsed. */
export function createToolCall(
  id: JsonValue | undefined,
  name: JsonValue | undefined,
  args: JsonValue | undefined,
): MessagePart {
  return {
    type: 'tool_call',
    id: textOrNull(id),
    name: textOrNull(name) ?? '',
    arguments: readJson(args) ?? null,
  };
}

export function createToolResponse(id: JsonValue | undefined, response: JsonValue | undefined): MessagePart {
  return { type: 'tool_call_response', id: textOrNull(id), response: readJson(response) ?? null };
}

/** The type decides how a part is read; keys name where each family of APIs keeps the fact. */
const PART_READERS: ReadonlyMap<string, (part: JsonObject) => MessagePart[]> = new Map([
  ['text', readTextPart],
  ['input_text', readTextPart],
  ['output_text', readTextPart],
  ['reasoning', readReasoningPart],
  ['thinking', readReasoningPart],
  ['tool_call', readToolCallPart],
  ['tool-call', readToolCallPart],
  ['tool_use', readToolCallPart],
  ['toolUse', readToolCallPart],
  ['function_call', readToolCallPart],
  ['function', readToolCallPart],
  ['tool_call_response', readToolResponsePart],
  ['tool-result', readToolResponsePart],
  ['tool_result', readToolResponsePart],
  ['toolResult', readToolResponsePart],
  ['function_call_output', readToolResponsePart],
]);

/** Parts of Bedrock, Gemini and Genkit have no type: the key that holds the content names it. */
const KEYED_PARTS = [
  'text',
  'toolUse',
  'toolResult',
  'functionCall',
  'functionResponse',
  'function_call',
  'function_response',
  'toolRequest',
  'toolResponse',
  'reasoning',
  'reasoningContent',
  'tool_call',
];

function isPart(entry: JsonObject): boolean {
  return typeof entry.type === 'string' || KEYED_PARTS.some((key) => key in entry);
}

function readPart(part: JsonValue): MessagePart[] {
  if (typeof part === 'string') return part === '' ? [] : [{ type: 'text', content: part }];
  if (!isObject(part)) return part === null ? [] : [{ type: 'text', content: JSON.stringify(part) }];
  if (part.thought === true && typeof part.text === 'string')
    return [{ type: 'reasoning', content: part.text }];
  const read = typeof part.type === 'string' ? PART_READERS.get(part.type) : undefined;
  if (read !== undefined) return read(part);
  return (typeof part.type === 'string' ? undefined : readKeyedPart(part)) ?? [keepPart(part)];
}

function readKeyedPart(part: JsonObject): MessagePart[] | undefined {
  if (typeof part.text === 'string') return readTextPart(part);
  const call = part.toolUse ?? part.functionCall ?? part.function_call ?? part.toolRequest;
  if (isObject(call)) return readToolCallPart(call);
  const response = part.toolResult ?? part.functionResponse ?? part.function_response ?? part.toolResponse;
  if (isObject(response)) return readToolResponsePart(response);
  if (typeof part.reasoning === 'string') return readReasoningPart({ content: part.reasoning });
  const reasoning = part.reasoningContent;
  if (!isObject(reasoning)) return undefined;
  const text = isObject(reasoning.reasoningText) ? reasoning.reasoningText.text : reasoning.text;
  return typeof text === 'string' ? [{ type: 'reasoning', content: text }] : undefined;
}

function readTextPart(part: JsonObject): MessagePart[] {
  const content = part.content ?? part.text;
  if (content === '' || content === null || content === undefined) return [];
  return [{ type: 'text', content: typeof content === 'string' ? content : JSON.stringify(content) }];
}

function readReasoningPart(part: JsonObject): MessagePart[] {
  const text = [part.content, part.text, part.thinking].find((value) => typeof value === 'string');
  if (typeof text === 'string') return text === '' ? [] : [{ type: 'reasoning', content: text }];
  const summaries = [part.summary, part.content].flatMap((list) => (Array.isArray(list) ? list : []));
  const texts = summaries.flatMap((entry) =>
    isObject(entry) && typeof entry.text === 'string' ? [entry.text] : [],
  );
  return texts.map((content) => ({ type: 'reasoning', content }));
}

function readToolCallPart(part: JsonObject): MessagePart[] {
  const call = isObject(part.function) ? part.function : part;
  const id = part.toolCallId ?? part.call_id ?? part.toolUseId ?? part.ref ?? part.id;
  const args = call.arguments ?? call.input ?? call.args;
  return [createToolCall(id, call.name ?? part.toolName, args)];
}

function readToolResponsePart(part: JsonObject): MessagePart[] {
  const id = part.toolCallId ?? part.call_id ?? part.toolUseId ?? part.tool_use_id ?? part.ref ?? part.id;
  const response = part.response ?? part.result ?? part.output ?? part.content;
  return [createToolResponse(id, unwrapOutput(response))];
}

/** AI SDK 5 and later wrap a tool's output as `{type: 'json' | 'text' | 'content' | 'error-…', value}`. */
function unwrapOutput(output: JsonValue | undefined): JsonValue | undefined {
  return isObject(output) && typeof output.type === 'string' && 'value' in output ? output.value : output;
}

function keepPart(part: JsonObject): MessagePart {
  const kept = createObject();
  kept.type = typeof part.type === 'string' ? part.type : 'unknown';
  for (const [key, value] of Object.entries(part)) if (key !== 'type') kept[key] = value;
  return kept as MessagePart;
}

function textOrNull(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : null;
}
