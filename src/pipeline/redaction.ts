import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { copySpan } from './copy-span.js';
import { decodeLiteral, isJsonText, mapJsonStrings } from './json-strings.js';
import {
  isCardNumber,
  isSecretKey,
  SECRET_KEY_HINT,
  SECRET_PATTERNS,
  type SecretPattern,
} from './secret-patterns.js';

/** Where a text stands that a {@link RedactionOptions.redact} function is asked about. */
export interface RedactionContext {
  /** `attribute`, `event` or `link` (a value of their attributes, an event's name), `resource`, `status`, or `name` (the span's). */
  place: 'attribute' | 'event' | 'link' | 'resource' | 'status' | 'name';
  /** The attribute's key; for a status the text `status.message`, for a name the text `name`. */
  key: string;
}

/** What is made unreadable before it leaves the process. */
export interface RedactionOptions {
  /** Whether secrets of known forms are looked for (keys, tokens, passwords, card numbers); true by default. */
  secrets?: boolean;
  /**
   * More patterns; what matches becomes `[REDACTED]`. They are tried on the text and on the strings inside of it where it
   * is JSON. Keep them simple: an expression that takes exponential time is not stopped.
   */
  patterns?: readonly RegExp[];
  /**
   * Has the last word on each text: answers what is to be sent, undefined for nothing. It must be quick, since it is
   * called for every text of every span. Where it throws, the text is not sent.
   */
  redact?: (text: string, context: RedactionContext) => string | undefined;
}

/** Makes texts and spans safe to send. */
export interface Redactor {
  /** The text without what must not leave. Never throws. */
  redactText(text: string, context: RedactionContext): string;
  /** The span itself where there is nothing to redact, otherwise a copy. Never throws. */
  redactSpan: (span: ReadableSpan) => ReadableSpan;
}

/** Stands for what an own pattern or function took away. */
export const REDACTED = '[REDACTED]';
/** Stands for a text that could not be gone through. */
export const REDACTION_FAILED = '[REDACTED:failed]';

/** How often JSON inside of JSON is opened. */
const MAX_DEPTH = 5;

/** Creates a redactor. Fails closed: a text that can't be gone through is replaced as a whole. */
export function createRedactor(options: RedactionOptions = {}): Redactor {
  const texts = new TextRedaction(options);
  const redactText = (text: string, context: RedactionContext): string => {
    try {
      return texts.redact(text, context);
    } catch {
      return REDACTION_FAILED;
    }
  };
  const redactResource = createResourceRedaction(redactText);
  return { redactText, redactSpan: (span) => redactSpan(span, redactText, redactResource) };
}

/**
 * A process may have been started with a key among its arguments (`process.command_args`). All spans of a provider share
 * one resource, and must go on sharing one.
 */
function createResourceRedaction(redactText: RedactText): (resource: Resource) => Resource {
  const known = new WeakMap<Resource, Resource>();
  return (resource) => {
    const redacted = known.get(resource);
    // While it waits for some of its attributes, asking for the others is an error.
    if (redacted !== undefined || resource.asyncAttributesPending === true) return redacted ?? resource;
    const { attributes: original, schemaUrl } = resource;
    const attributes = redactAttributes(original, 'resource', redactText);
    const safe =
      attributes === original
        ? resource
        : resourceFromAttributes(attributes, schemaUrl === undefined ? {} : { schemaUrl });
    known.set(resource, safe);
    return safe;
  };
}

type RedactText = Redactor['redactText'];

function redactSpan(
  span: ReadableSpan,
  redactText: RedactText,
  redactResource: (resource: Resource) => Resource,
): ReadableSpan {
  const resource = redactResource(span.resource);
  const name = redactText(span.name, { place: 'name', key: 'name' });
  const attributes = redactAttributes(span.attributes, 'attribute', redactText);
  const events = mapChanged(span.events, (event) => {
    const eventName = redactText(event.name, { place: 'event', key: 'name' });
    const redacted = event.attributes && redactAttributes(event.attributes, 'event', redactText);
    if (eventName === event.name && redacted === event.attributes) return event;
    return { ...event, name: eventName, ...(redacted === undefined ? {} : { attributes: redacted }) };
  });
  const links = mapChanged(span.links, (link) => {
    if (link.attributes === undefined) return link;
    const redacted = redactAttributes(link.attributes, 'link', redactText);
    return redacted === link.attributes ? link : { ...link, attributes: redacted };
  });
  const { message } = span.status;
  const safeMessage =
    message === undefined ? message : redactText(message, { place: 'status', key: 'status.message' });
  if (
    name === span.name &&
    attributes === span.attributes &&
    events === span.events &&
    links === span.links &&
    resource === span.resource &&
    safeMessage === message
  ) {
    return span;
  }
  const status = safeMessage === undefined ? span.status : { ...span.status, message: safeMessage };
  return copySpan(span, { name, attributes, events, links, status, resource });
}

/** The list itself where no item changed. */
function mapChanged<T>(list: T[], map: (item: T) => T): T[] {
  let changed: T[] | undefined;
  list.forEach((item, index) => {
    const mapped = map(item);
    if (mapped !== item) (changed ??= [...list])[index] = mapped;
  });
  return changed ?? list;
}

function redactAttributes(
  attributes: Attributes,
  place: RedactionContext['place'],
  redactText: RedactText,
): Attributes {
  let changed: Attributes | undefined;
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined || typeof value === 'number' || typeof value === 'boolean') continue;
    const redacted = redactValue(value, { place, key }, redactText);
    if (redacted !== value) (changed ??= { ...attributes })[key] = redacted;
  }
  return changed ?? attributes;
}

function redactValue(
  value: AttributeValue,
  context: RedactionContext,
  redactText: RedactText,
): AttributeValue {
  if (typeof value === 'string') return redactText(value, context);
  if (!Array.isArray(value)) return REDACTION_FAILED;
  const list = value as unknown[];
  if (!list.some((item) => typeof item === 'string')) return value;
  return mapChanged(list, (item) =>
    typeof item === 'string' ? redactText(item, context) : item,
  ) as string[];
}

/** An own pattern: any match counts, from wherever it begins. */
function toOwnPattern(pattern: RegExp): RegExp {
  const flags = new Set(pattern.flags);
  flags.add('g');
  flags.delete('y');
  return new RegExp(pattern.source, [...flags].join(''));
}

interface Candidate extends Omit<SecretPattern, 'hint'> {
  hint: RegExp;
}

const CANDIDATES: readonly Candidate[] = SECRET_PATTERNS.map(({ hint, ...pattern }) => ({
  ...pattern,
  hint: new RegExp(hint, 'i'),
}));
/** Most texts hold no secret; one expression tells so. */
const ANY_HINT = new RegExp(SECRET_PATTERNS.map(({ hint }) => hint).join('|'), 'i');
/** Shorter texts hold no secret but for its name. */
const SHORTEST_SECRET = 8;
const SHORTEST_CARD = 13;
/** The number that a key is followed by. */
const NAMED_NUMBER = /^(\s*:\s*)-?\d[\d.eE+-]*/;

class TextRedaction {
  readonly #findsSecrets: boolean;
  readonly #patterns: readonly RegExp[];
  readonly #redact: RedactionOptions['redact'];

  constructor({ secrets = true, patterns = [], redact }: RedactionOptions) {
    this.#findsSecrets = secrets;
    this.#patterns = patterns.map(toOwnPattern);
    this.#redact = redact;
  }

  redact(text: string, context: RedactionContext): string {
    const safe =
      this.#findsSecrets && isSecretKey(context.key) && text !== ''
        ? `[REDACTED:${lastWord(context.key)}]`
        : this.#redactInside(text, 0);
    if (this.#redact === undefined) return safe;
    const answer: unknown = this.#redact(safe, context);
    return typeof answer === 'string' ? answer : REDACTED;
  }

  #redactInside(text: string, depth: number): string {
    const mayHaveSecrets = this.#findsSecrets && text.length >= SHORTEST_SECRET && ANY_HINT.test(text);
    const mayHaveNames = this.#findsSecrets && SECRET_KEY_HINT.test(text);
    // An escape may hide what a pattern looks for; a text without is looked at as it is.
    const mayHide = text.includes('\\') && (this.#patterns.length > 0 || /\\[u/]/.test(text));
    if (!mayHaveSecrets && !mayHaveNames && !mayHide && this.#patterns.length === 0) return text;
    if (depth < MAX_DEPTH && isJsonText(text)) return this.#redactJson(text, depth);
    return this.#redactPlain(text, mayHaveSecrets);
  }

  #redactJson(text: string, depth: number): string {
    const redactLiteral = (literal: string): string => {
      const inner = decodeLiteral(literal);
      const safe = this.#redactInside(inner, depth + 1);
      return safe === inner ? literal : JSON.stringify(safe);
    };
    const safe = mapJsonStrings(text, {
      replace: (literal, key) =>
        this.#findsSecrets && key !== undefined && literal !== '""' && isSecretKey(key)
          ? JSON.stringify(`[REDACTED:${lastWord(key)}]`)
          : redactLiteral(literal),
      replaceKey: redactLiteral,
      replaceBetween: (between, key) => this.#redactNumbers(this.#redactNamedNumber(between, key)),
    });
    return this.#patterns.reduce((text, pattern) => text.replace(pattern, REDACTED), safe);
  }

  /** A password of digits may be written as a number. */
  #redactNamedNumber(between: string, key: string | undefined): string {
    if (!this.#findsSecrets || key === undefined || !NAMED_NUMBER.test(between) || !isSecretKey(key)) {
      return between;
    }
    return between.replace(NAMED_NUMBER, (_number, colon: string) => `${colon}"[REDACTED:${lastWord(key)}]"`);
  }

  /** Card numbers, and what own patterns look for, may be written as numbers. */
  #redactNumbers(between: string): string {
    if (this.#patterns.length === 0 && between.length < SHORTEST_CARD) return between;
    return between.replace(/-?\d[\d.eE+-]*/g, (number) => {
      if (this.#findsSecrets && number.length >= SHORTEST_CARD && isCardNumber(number)) {
        return '"[REDACTED:card-number]"';
      }
      return this.#patterns.some((pattern) => number.search(pattern) !== -1) ? `"${REDACTED}"` : number;
    });
  }

  #redactPlain(text: string, mayHaveSecrets: boolean): string {
    let safe = text;
    if (mayHaveSecrets) {
      for (const candidate of CANDIDATES)
        if (candidate.hint.test(safe)) safe = replaceSecrets(safe, candidate);
    }
    for (const pattern of this.#patterns) safe = safe.replace(pattern, REDACTED);
    return safe;
  }
}

/** Replaces what a pattern finds; of a match with a group that is set, this group alone. */
function replaceSecrets(text: string, { kind, pattern, isSecret }: Candidate): string {
  return text.replace(pattern, (found: string, ...rest: unknown[]) => {
    if (isSecret?.(found) === false) return found;
    const groups = rest.at(-1);
    const secret =
      typeof groups === 'object' && groups !== null
        ? Object.values(groups).find((group) => typeof group === 'string')
        : undefined;
    if (secret === undefined) return `[REDACTED:${kind}]`;
    if (secret.startsWith('[REDACTED')) return found;
    const start = found.lastIndexOf(secret);
    return `${found.slice(0, start)}[REDACTED:${kind}]${found.slice(start + secret.length)}`;
  });
}

function lastWord(key: string): string {
  return key.slice(Math.max(key.lastIndexOf('.'), key.lastIndexOf(' ')) + 1).toLowerCase();
}
