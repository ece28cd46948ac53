import type { Message } from '../model/gen-ai.js';
import type { JsonObject, JsonValue } from '../model/json.js';
import { listEntries, readFlattened } from './readers/flattened.js';
import { createObject, isObject, readJson, renderValue } from './readers/json.js';
import { readToolMessageField } from './readers/langchain.js';
import { readMessages, unwrapToolMessage } from './readers/messages.js';
import { readPlainText } from './readers/plain-text.js';
import { readAttribute } from './sources.js';
import type { SpanView } from './span-view.js';

const INPUT = 'traceloop.entity.input';
const OUTPUT = 'traceloop.entity.output';

/** What the Python package for LangChain puts beside the value itself (opentelemetry-instrumentation-langchain). */
const LANGCHAIN_SIDES = ['tags', 'metadata', 'kwargs'];

/**
 * The messages in what a function was given or gave back: `{args, kwargs}` (npm:@traceloop/node-server-sdk and Python's
 * decorators), `{inputs, tags, metadata, kwargs}` and `{outputs, kwargs}` (LangChain in Python), or the plain value.
 */
export function readEntityMessages(
  view: SpanView,
  key: string,
  role: 'user' | 'assistant',
): Message[] | undefined {
  const value = unwrapCall(unwrapLangChain(readAttribute(view, key), ['inputs', 'outputs', 'output']));
  return readMessages(value, role) ?? (view.type === 'step' ? undefined : readPlainText(value, role));
}

/** The sender's own text, unless it says only that nothing was given. */
export function readRawInput(view: SpanView): string | undefined {
  const sent = view.attributes.get(INPUT);
  if (sent === undefined || sent === null) return undefined;
  const value = readAttribute(view, INPUT);
  const isCall = isObject(value) && Array.isArray(value.args) && isObject(value.kwargs);
  return isCall && isEmpty(unwrapCall(value)) ? undefined : renderValue(sent);
}

/** A tool's arguments: the named ones, or the only one, or the list of them. */
export function readArguments(view: SpanView): JsonValue | undefined {
  return unwrapCall(unwrapLangChain(readAttribute(view, INPUT), ['inputs', 'input_str']));
}

export function readResult(view: SpanView): JsonValue | undefined {
  return readJson(unwrapToolMessage(unwrapLangChain(readAttribute(view, OUTPUT), ['output', 'outputs'])));
}

/** What the ToolMessage in the output names; undefined where there is none. */
export function readNameInResult(view: SpanView, field: 'name' | 'tool_call_id'): string | undefined {
  return readToolMessageField(view.jsonAt(OUTPUT, []), field);
}

/** `llm.request.functions.N.{name,description,parameters}` of the older packages. */
export function listFunctions(view: SpanView): JsonValue | undefined {
  const functions = listEntries(readFlattened(view.data.attributes, 'llm.request.functions.')).flatMap(
    (entry) => {
      if (!isObject(entry)) return [];
      const tool = createObject();
      for (const [key, value] of Object.entries(entry)) tool[key] = readJson(value) ?? null;
      return [tool];
    },
  );
  return functions.length === 0 ? undefined : functions;
}

function unwrapCall(value: JsonValue | undefined): JsonValue | undefined {
  if (!isObject(value) || !Array.isArray(value.args) || !isObject(value.kwargs)) return value;
  if (Object.keys(value.kwargs).length > 0) return value.args.length === 0 ? value.kwargs : value;
  if (value.args.length === 0) return value.kwargs;
  return value.args.length === 1 ? value.args[0] : value.args;
}

function isEmpty(value: JsonValue | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function unwrapLangChain(value: JsonValue | undefined, names: readonly string[]): JsonValue | undefined {
  if (!isObject(value) || !hasSides(value)) return value;
  const name = names.find((candidate) => value[candidate] !== undefined && value[candidate] !== null);
  return name === undefined ? value : readJson(value[name]);
}

function hasSides(value: JsonObject): boolean {
  return !('args' in value) && LANGCHAIN_SIDES.some((side) => side in value);
}
