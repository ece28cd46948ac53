import type { Message } from '../model/gen-ai.js';
import type { JsonObject } from '../model/json.js';
import { readInputEvents, readOutputEvents, type MessageEvent } from './message-events.js';
import { isObject } from './readers/json.js';
import { readAttribute } from './sources.js';
import type { SpanView } from './span-view.js';

/**
 * Message events as a JSON list in one attribute, each with its name under `event.name` (Pydantic AI's first format,
 * Logfire's instrumentation of the OpenAI Agents SDK).
 */
export function readListedInput(view: SpanView, key: string): Message[] | undefined {
  return readInputEvents(listEvents(view, key).input);
}

/** The choices; where there are none, the assistant's messages at the end. */
export function readListedOutput(view: SpanView, key: string): Message[] | undefined {
  const { output } = listEvents(view, key);
  return readOutputEvents(output) ?? readInputEvents(output);
}

function listEvents(view: SpanView, key: string): { input: MessageEvent[]; output: MessageEvent[] } {
  const list = readAttribute(view, key);
  const events = (Array.isArray(list) ? list : []).filter(isObject).map(toEvent);
  const choices = events.filter(({ name }) => name === 'gen_ai.choice');
  if (choices.length > 0) {
    return { input: events.filter(({ name }) => name !== 'gen_ai.choice'), output: choices };
  }
  const last = events.findLastIndex(({ name }) => name !== 'gen_ai.assistant.message');
  return { input: events.slice(0, last + 1), output: events.slice(last + 1) };
}

function toEvent(fields: JsonObject): MessageEvent {
  const name = fields['event.name'];
  return { name: typeof name === 'string' ? name : '', fields };
}
