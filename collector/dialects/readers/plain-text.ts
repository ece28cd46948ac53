import type { Message } from '../../model/gen-ai.js';
import type { JsonValue } from '../../model/json.js';
import { isObject } from './json.js';
import { createMessage } from './messages.js';

/** Where applications keep what was asked and what was answered. */
const TEXT_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['user', ['input', 'question', 'query', 'prompt', 'message', 'text', 'task']],
  ['assistant', ['output', 'answer', 'response', 'result', 'message', 'text']],
]);

/**
 * The one text in an object of the application's own, as a message: the field with a usual name, or the only field.
 * Meant for what a whole run was given and gave back; undefined where there is no such text.
 */
export function readPlainText(
  value: JsonValue | undefined,
  role: 'user' | 'assistant',
): Message[] | undefined {
  if (!isObject(value)) return undefined;
  const usual = TEXT_FIELDS.get(role)?.find((name) => isText(value[name]));
  const keys = Object.keys(value);
  const field = usual ?? (keys.length === 1 ? keys[0] : undefined);
  const content = field === undefined ? undefined : value[field];
  return isText(content) ? [createMessage(role, [{ type: 'text', content }])] : undefined;
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
