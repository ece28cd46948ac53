import { KeyValueList, findAttribute } from '../model/any-value.js';
import type { Message } from '../model/gen-ai.js';
import type { JsonObject, JsonValue } from '../model/json.js';
import type { LogRecordData } from '../model/span-data.js';
import { renderPlainAttributes } from '../model/value-json.js';
import { normalizeFinishReason } from './finish-reason.js';
import { createObject, isObject, parseJson, readJson } from './readers/json.js';
import { readMessage, readMessages } from './readers/messages.js';
import { readPartsOfText } from './readers/parts.js';
import { readIdentifier } from './readers/scalars.js';
import type { SpanView } from './span-view.js';

/** One choice each; nobody asks a model for more. */
const REASON_LIMIT = 64;

/** A span event or a log record that carries messages, as one kind of thing. */
export interface MessageEvent {
  name: string;
  fields: JsonObject;
}

/**
 * Events of the first three GenAI generations (semantic-conventions 1.27, 1.36 and 1.37, docs/gen-ai/gen-ai-events.md):
 * what they hold, and for messages whose role is not said in them, the role.
 */
const MESSAGE_EVENTS: ReadonlyMap<string, { holds: 'input' | 'output' | 'both'; role: string }> = new Map([
  ['gen_ai.system.message', { holds: 'input', role: 'system' }],
  ['gen_ai.user.message', { holds: 'input', role: 'user' }],
  ['gen_ai.assistant.message', { holds: 'input', role: 'assistant' }],
  ['gen_ai.tool.message', { holds: 'input', role: 'tool' }],
  ['gen_ai.choice', { holds: 'output', role: 'assistant' }],
  ['gen_ai.content.prompt', { holds: 'input', role: 'user' }],
  ['gen_ai.content.completion', { holds: 'output', role: 'assistant' }],
  ['gen_ai.client.inference.operation.details', { holds: 'both', role: 'user' }],
]);

export function isMessageEvent(name: string): boolean {
  return MESSAGE_EVENTS.has(name);
}

/** What Rust's `tracing` names an event without a name: `event otel/src/tool_result.rs:54` (Codex CLI 0.169). */
const SOURCE_POSITION = /^event .+:\d+$/;

/** The name of a log record's event: a field of its own, an attribute in older senders, else the body. */
export function readEventName(log: LogRecordData): string {
  if (log.eventName !== '' && !SOURCE_POSITION.test(log.eventName)) return log.eventName;
  const attribute = findAttribute(log.attributes, 'event.name');
  if (typeof attribute === 'string') return attribute;
  if (log.eventName !== '') return log.eventName;
  return typeof log.body === 'string' ? log.body : '';
}

/** The message events of a span: its own, or where it has none those of the log records that name it. */
export function listMessageEvents(view: SpanView): MessageEvent[] {
  const { data, logs } = view;
  const own = data.events
    .filter((event) => isMessageEvent(event.name))
    .map((event) => ({ name: event.name, fields: renderPlainAttributes(event.attributes) }));
  if (own.length > 0) return own;
  return logs
    .filter((log) => log.spanId === data.spanId && isMessageEvent(readEventName(log)))
    .map((log) => ({ name: readEventName(log), fields: readLogFields(log) }));
}

export function readInputEvents(events: readonly MessageEvent[]): Message[] | undefined {
  return readEvents(events, 'input', 'gen_ai.input.messages');
}

export function readOutputEvents(events: readonly MessageEvent[]): Message[] | undefined {
  return readEvents(events, 'output', 'gen_ai.output.messages');
}

/** The first value of a field of the events with this name. */
export function findEventField(
  events: readonly MessageEvent[],
  name: string,
  field: string,
): JsonValue | undefined {
  for (const event of events) if (event.name === name && field in event.fields) return event.fields[field];
  return undefined;
}

/** Finish reasons that are told by the span's choice events alone (Strands). */
export function readChoiceFinishReasons(view: SpanView): string[] | undefined {
  const reasons: string[] = [];
  for (const event of view.data.events) {
    if (event.name !== 'gen_ai.choice') continue;
    const reason = readIdentifier(findAttribute(event.attributes, 'finish_reason'));
    if (reason !== undefined && reasons.length < REASON_LIMIT) reasons.push(reason);
  }
  return reasons.length === 0 ? undefined : reasons;
}

function readEvents(
  events: readonly MessageEvent[],
  side: 'input' | 'output',
  detailsKey: string,
): Message[] | undefined {
  const messages: Message[] = [];
  for (const { name, fields } of events) {
    const meaning = MESSAGE_EVENTS.get(name);
    let read: Message[] = [];
    if (meaning?.holds === 'both') {
      const role = side === 'input' ? 'user' : 'assistant';
      if (messages.length === 0) read = readMessages(readJson(fields[detailsKey]), role) ?? [];
    } else if (meaning?.holds === side) read = readEvent(name, fields, meaning.role);
    for (const message of read) messages.push(message);
  }
  return messages.length === 0 ? undefined : messages;
}

function readEvent(name: string, fields: JsonObject, role: string): Message[] {
  if (name === 'gen_ai.content.prompt') return readMessages(readJson(fields['gen_ai.prompt']), role) ?? [];
  if (name === 'gen_ai.content.completion')
    return readMessages(readJson(fields['gen_ai.completion']), role) ?? [];
  if (name === 'gen_ai.choice') return [readChoice(fields, role)];
  const message = createObject();
  Object.assign(message, fields);
  if (typeof message.role !== 'string') message.role = role;
  const parts = role === 'tool' ? readPartsOfText(fields.content) : [];
  if (parts.some((part) => part.type === 'tool_call_response')) return [{ role, parts }];
  if (role === 'tool') message.tool_call_id = fields.id ?? '';
  return [readMessage(message, role) ?? { role, parts: [] }];
}

/** `message` is an object by the convention, and text or JSON text of parts in Strands. */
function readChoice(fields: JsonObject, role: string): Message {
  const message = createObject();
  if (isObject(fields.message)) Object.assign(message, fields.message);
  else message.content = fields.message ?? fields.content ?? null;
  if (typeof message.role !== 'string') message.role = role;
  if (message.tool_calls === undefined && fields.tool_calls !== undefined)
    message.tool_calls = fields.tool_calls;
  const read = readMessage(message, role) ?? { role, parts: [] };
  if (typeof fields.finish_reason === 'string')
    read.finish_reason = normalizeFinishReason(fields.finish_reason);
  return read;
}

/** A record's body over its attributes: generation 2 puts the message in the body, later ones in attributes. */
function readLogFields(log: LogRecordData): JsonObject {
  const fields = renderPlainAttributes(log.attributes);
  const body = log.body instanceof KeyValueList ? renderPlainAttributes(log.body.entries) : undefined;
  const parsed = typeof log.body === 'string' ? parseJson(log.body) : undefined;
  const object = body ?? (isObject(parsed) ? parsed : undefined);
  if (object !== undefined) for (const [key, value] of Object.entries(object)) fields[key] = value;
  return fields;
}
