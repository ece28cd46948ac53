import type { JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import type { LogRecordData, SpanData } from '../model/span-data.js';
import { AttributeIndex, findShape, type AttributeShape } from './attribute-shape.js';
import { findAtPath, parseJson, toJson } from './readers/json.js';
import { readString } from './readers/scalars.js';

/** Longer JSON is not parsed for the sake of a light fact. */
const JSON_TEXT_LIMIT = 1 << 20;

/** A span as the tables look at it: attributes by key, JSON parsed once, and what was understood before. */
export class SpanView {
  readonly data: SpanData;
  readonly logs: readonly LogRecordData[];
  /** The name of the event where a log record is looked at; null for a span. */
  readonly eventName: string | null;
  /** Of its attributes (see `knowShape`). */
  readonly shape: AttributeShape;
  readonly attributes: AttributeIndex;
  /** Set once the role is known, which is before any other fact is read. */
  type: SpanType = 'span';
  /** The dialect that decided the role; null for a plain span. Set with the type. */
  dialect: string | null = null;
  /** Set with the outcome, which is read after the role and before other facts. */
  hasFailed = false;
  /** Attributes whose text was parsed as JSON and is none. */
  unparsed: string[] | undefined;
  #json: Map<string, JsonValue | undefined> | undefined;

  constructor(data: SpanData, logs: readonly LogRecordData[] = [], eventName: string | null = null) {
    this.data = data;
    this.logs = logs;
    this.eventName = eventName;
    this.shape = findShape(data.attributes);
    this.attributes = new AttributeIndex(data.attributes, this.shape);
  }

  /** The text of an attribute; undefined where it is absent, empty or structured. */
  string(key: string): string | undefined {
    return readString(this.attributes.get(key));
  }

  /** A place in the JSON that an attribute holds as text or as structure. */
  jsonAt(key: string, path: readonly (string | number)[]): JsonValue | undefined {
    const json = (this.#json ??= new Map<string, JsonValue | undefined>());
    if (!json.has(key)) json.set(key, this.#parse(key));
    return findAtPath(json.get(key), path);
  }

  #parse(key: string): JsonValue | undefined {
    const value = this.attributes.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return toJson(value);
    if (value.length > JSON_TEXT_LIMIT) return undefined;
    const parsed = parseJson(value);
    if (parsed === undefined) (this.unparsed ??= []).push(key);
    return parsed;
  }
}
