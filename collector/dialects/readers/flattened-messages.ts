import type { KeyValue } from '../../model/any-value.js';
import type { Message, MessagePart } from '../../model/gen-ai.js';
import type { JsonObject, JsonValue } from '../../model/json.js';
import { listEntries, readFlattened } from './flattened.js';
import { createObject, isObject } from './json.js';
import { readMessage } from './messages.js';
import { createToolCall, readParts } from './parts.js';

/**
 * OpenInference's messages (`<prefix>N.message.…`, spec/semantic_conventions.md of Arize-ai/openinference). A message
 * without a role is the assistant's: only reasoning items of a history come so (OpenAI Agents bridge 0.2).
 */
export function readFlattenedMessages(attributes: Iterable<KeyValue>, prefix: string): Message[] | undefined {
  const tree = readFlattened(attributes, prefix);
  const messages = listEntries(tree).flatMap((entry) => {
    const message = isObject(entry) ? entry.message : undefined;
    return isObject(message) ? [readFlattenedMessage(message)] : [];
  });
  return messages.length === 0 ? undefined : messages;
}

function readFlattenedMessage(flat: JsonObject): Message {
  const object = createObject();
  object.role = typeof flat.role === 'string' ? flat.role : 'assistant';
  const contents = listEntries(flat.contents).flatMap(toContent);
  object.content = contents.length > 0 ? contents : (flat.content ?? null);
  if (flat.tool_call_id !== undefined) object.tool_call_id = flat.tool_call_id;
  if (typeof flat.name === 'string') object.name = flat.name;
  object.tool_calls = listEntries(flat.tool_calls).flatMap((entry) =>
    isObject(entry) && isObject(entry.tool_call) ? [entry.tool_call] : [],
  );
  const message = readMessage(object, 'assistant') ?? { role: 'assistant', parts: [] };
  message.parts.push(...readOldFunctionCall(flat));
  return message;
}

/** Anthropic's output carries a call as content and again under `tool_calls`; equal ids are one call. */
function toContent(entry: JsonValue): JsonValue[] {
  if (!isObject(entry)) return [];
  if (isObject(entry.tool_call)) {
    const call = createObject();
    Object.assign(call, entry.tool_call);
    call.type = 'tool_call';
    return [call];
  }
  return isObject(entry.message_content) ? [entry.message_content] : [];
}

function readOldFunctionCall(flat: JsonObject): MessagePart[] {
  const name = flat.function_call_name;
  return typeof name === 'string' ? [createToolCall(null, name, flat.function_call_arguments_json)] : [];
}

/**
 * The older flattening of OpenLLMetry and of the first GenAI generation: `<prefix>N.role`, `<prefix>N.content`,
 * `<prefix>N.tool_calls.M.{id,name,arguments}`. Content may be the text `null`.
 */
export function readIndexedMessages(
  attributes: Iterable<KeyValue>,
  prefix: string,
  defaultRole: string,
): Message[] | undefined {
  const messages = listEntries(readFlattened(attributes, prefix)).flatMap((entry) => {
    if (!isObject(entry)) return [];
    const message = createObject();
    Object.assign(message, entry);
    message.role = typeof entry.role === 'string' ? entry.role : defaultRole;
    if (entry.content === 'null') message.content = null;
    message.tool_calls = listEntries(entry.tool_calls);
    return [readMessage(message, defaultRole) ?? { role: defaultRole, parts: readParts(entry.content) }];
  });
  return messages.length === 0 ? undefined : messages;
}
