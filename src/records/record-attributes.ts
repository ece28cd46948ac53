import type { AttributeValue, Attributes } from '@opentelemetry/api';
import { renderJson } from '../operations/render-json.js';
import { warn } from '../setup/warn.js';

/** An identifier that a client chooses has at most so many characters (spec/README.md, Common rules). */
const MAX_ID_CHARACTERS = 200;
/** Types whose moments are no noun's own (spec/traces.md, Entry). */
const NOUNS: ReadonlyMap<string, string> = new Map([
  ['model_selected', 'model'],
  ['model_switched', 'model'],
]);
const MAX_WARNINGS = 100;

const warned = new Set<string>();

/**
 * The attributes of a record: each field under `spanledger.<noun>.`, where the noun is the type up to its dot, in snake
 * case. Texts, numbers and booleans stay what they are, lists of texts too, dates are written by RFC 3339, everything
 * else is JSON text. Undefined and null are left out. What the collector can't fold is sent as it is, so that it is listed
 * there, and said in a warning.
 */
export function toRecordAttributes(type: string, fields: object): Attributes {
  const prefix = `spanledger.${NOUNS.get(type) ?? type.replace(/\..*$/s, '')}.`;
  const attributes: Attributes = {};
  for (const [field, value] of Object.entries(fields) as [string, unknown][]) {
    if (value === undefined || value === null) continue;
    if (isIdentifier(field)) checkIdentifier(type, field, value);
    const rendered = toAttributeValue(value);
    if (rendered !== undefined) attributes[prefix + toSnakeCase(field)] = rendered;
  }
  return attributes;
}

/** Says that a record is not what the collector can fold; each record's field once, a hundred of them in all. */
export function warnOfRecord(type: string, field: string, problem: string): void {
  const key = `${type} ${field}`;
  if (warned.has(key) || warned.size >= MAX_WARNINGS) return;
  warned.add(key);
  warn(`the record ${type} is sent, but can't be understood: ${field} ${problem}`);
}

function isIdentifier(field: string): boolean {
  return field === 'id' || field.endsWith('Id') || field.endsWith('_id');
}

function checkIdentifier(type: string, field: string, value: unknown): void {
  if (typeof value !== 'string') warnOfRecord(type, field, `must be a text, and is a ${typeof value}`);
  // Characters are code points, as the database counts them.
  else if (
    value === '' ||
    (value.length > MAX_ID_CHARACTERS && Array.from(value).length > MAX_ID_CHARACTERS)
  ) {
    warnOfRecord(
      type,
      field,
      `must have 1 to ${MAX_ID_CHARACTERS} characters, and has ${Array.from(value).length}`,
    );
  }
}

function toAttributeValue(value: unknown): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return value.toString();
    default:
      if (isTexts(value)) return value;
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? value.toISOString()
        : renderJson(value);
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
