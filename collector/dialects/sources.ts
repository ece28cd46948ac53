import type { Message, MessagePart } from '../model/gen-ai.js';
import type { JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import type { AttributeSource, ContentSource } from './dialect.js';
import { readJson, renderValue } from './readers/json.js';
import { readMessages } from './readers/messages.js';
import { readPartsOfText } from './readers/parts.js';
import { readPlainText } from './readers/plain-text.js';
import {
  readCount,
  readDecimal,
  readFirstLine,
  readFlag,
  readIdentifier,
  readStrings,
} from './readers/scalars.js';
import type { SpanView } from './span-view.js';

interface Conditions {
  path?: readonly (string | number)[];
  only?: readonly SpanType[];
  isLate?: boolean;
  isOwn?: boolean;
}

/** An id, a name or another short text. */
export function identifier(key: string, conditions: Conditions = {}): AttributeSource<string> {
  return { key, read: readIdentifier, ...conditions };
}

export function firstLine(key: string, conditions: Conditions = {}): AttributeSource<string> {
  return { key, read: readFirstLine, ...conditions };
}

export function count(key: string, conditions: Conditions = {}): AttributeSource<number> {
  return { key, read: readCount, ...conditions };
}

export function decimal(key: string, conditions: Conditions = {}): AttributeSource<string> {
  return { key, read: readDecimal, ...conditions };
}

export function strings(key: string, conditions: Conditions = {}): AttributeSource<string[]> {
  return { key, read: readStrings, ...conditions };
}

export function flag(key: string): AttributeSource<boolean> {
  return { key, read: readFlag };
}

type ContentConditions = Pick<Conditions, 'only' | 'isLate' | 'isOwn'>;

/** Messages of any known shape in one attribute. */
export function messages(
  key: string,
  role: 'user' | 'assistant',
  conditions: ContentConditions = {},
): ContentSource<Message[]> {
  return { keys: [key], read: (view) => readMessages(readAttribute(view, key), role), ...conditions };
}

/** The one text in an object of the application's own, such as `{question: '…'}`: for runs that speak no messages. */
export function plainText(
  key: string,
  role: 'user' | 'assistant',
  conditions: ContentConditions = {},
): ContentSource<Message[]> {
  return { keys: [key], read: (view) => readPlainText(readAttribute(view, key), role), ...conditions };
}

/** Any JSON in one attribute; text that is no JSON stays text. */
export function json(key: string, conditions: ContentConditions = {}): ContentSource<JsonValue> {
  return { keys: [key], read: (view) => readAttribute(view, key), ...conditions };
}

/** A list of parts, or a plain text, in one attribute. */
export function parts(key: string, conditions: ContentConditions = {}): ContentSource<MessagePart[]> {
  return {
    keys: [key],
    read: (view) => {
      const found = readPartsOfText(readAttribute(view, key));
      return found.length === 0 ? undefined : found;
    },
    ...conditions,
  };
}

/** The sender's own text of an attribute. */
export function raw(key: string, conditions: ContentConditions = {}): ContentSource<string> {
  return {
    keys: [key],
    read: (view) => {
      const value = view.attributes.get(key);
      return value === undefined || value === null ? undefined : renderValue(value);
    },
    ...conditions,
  };
}

/** The JSON in an attribute; undefined where the attribute is absent or the empty value. */
export function readAttribute(view: SpanView, key: string): JsonValue | undefined {
  return readJson(view.attributes.get(key) ?? undefined);
}
