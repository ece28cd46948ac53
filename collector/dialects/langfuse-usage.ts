import type { Usage } from '../model/gen-ai.js';
import type { JsonObject } from '../model/json.js';
import type { CountingRule, DerivedSource } from './dialect.js';
import { isObject } from './readers/json.js';
import { readCount } from './readers/scalars.js';
import type { SpanView } from './span-view.js';

/** The parts of a call's tokens, which are disjoint: an integration takes each part off `input` or `output`. */
export const USAGE_DETAILS = 'langfuse.observation.usage_details';

/** OpenAI's name, LangChain's, and Anthropic's, which the Python SDK 3 leaves as it is. */
const CACHE_READS = ['input_cached_tokens', 'input_cache_read', 'cache_read_input_tokens'];
const CACHE_WRITE = /^(?:input_cache_creation|cache_creation_input_tokens$)/;
/** LangChain's for how long they are kept, in place of the sum or beside it. */
const CACHE_WRITE_BY_TIME = /^input_ephemeral_/;
const REASONING = ['output_reasoning_tokens', 'output_reasoning'];

interface Parts {
  /** Of the input without cached tokens; of the output without reasoning. */
  input: number | undefined;
  output: number | undefined;
  cacheRead: number | undefined;
  cacheWrite: number | undefined;
  reasoning: number | undefined;
  isDisjoint: boolean;
}

const parsed = new WeakMap<JsonObject, Parts>();

export function readInputTokens(view: SpanView): number | undefined {
  return readParts(view)?.input;
}

export function readOutputTokens(view: SpanView): number | undefined {
  return readParts(view)?.output;
}

export function readCacheReads(view: SpanView): number | undefined {
  return readParts(view)?.cacheRead;
}

export function readCacheWrites(view: SpanView): number | undefined {
  return readParts(view)?.cacheWrite;
}

export function readReasoning(view: SpanView): number | undefined {
  return readParts(view)?.reasoning;
}

/**
 * A count of a usage that the application handed on as its client gave it, with parts inside their wholes: OpenAI's two
 * APIs, the older camel case that Langfuse takes for them (`OpenAIUsage` of its ingestion API), and the AI SDK.
 */
export function handedOn(...places: readonly string[]): DerivedSource<number> {
  return {
    about: `in \`${USAGE_DETAILS}\` the first of ${places.map(describePlace).join(', ')}`,
    keys: [USAGE_DETAILS],
    derive: (view) => {
      if (!view.attributes.has(USAGE_DETAILS)) return undefined;
      for (const place of places) {
        const found = readCount(view.jsonAt(USAGE_DETAILS, place.split('.')));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function describePlace(place: string): string {
  return place
    .split('.')
    .reverse()
    .map((step) => `\`${step}\``)
    .join(' of ');
}

/** Only where the counts are those of Langfuse's own keys: a span may have the conventions' too, which come first. */
export function findLangfuseRule(view: SpanView, sent: Usage): CountingRule | undefined {
  const parts = readParts(view);
  const isFromHere =
    parts?.input === orUndefined(sent.inputTokens) && parts?.output === orUndefined(sent.outputTokens);
  return parts?.isDisjoint === true && isFromHere
    ? {
        isCacheApart: true,
        isReasoningApart: true,
        because: "Langfuse's usage details are parts that do not overlap",
      }
    : undefined;
}

function readParts(view: SpanView): Parts | undefined {
  if (!view.attributes.has(USAGE_DETAILS)) return undefined;
  const details = view.jsonAt(USAGE_DETAILS, []);
  if (!isObject(details)) return undefined;
  let parts = parsed.get(details);
  if (parts === undefined) {
    parts = split(details);
    parsed.set(details, parts);
  }
  return parts;
}

/** A `total` that is not the sum shows that somebody filled in the details another way: `input` is then all input. */
function split(details: JsonObject): Parts {
  const counts = Object.entries(details).flatMap(([key, value]): [string, number][] => {
    const count = readCount(value);
    return count === undefined ? [] : [[key, count]];
  });
  const sum = (belongs: (key: string) => boolean): number | undefined =>
    counts
      .filter(([key]) => belongs(key))
      .reduce<number | undefined>((all, [, count]) => (all ?? 0) + count, undefined);
  const isOf = (side: string, key: string): boolean => key === side || key.startsWith(`${side}_`);
  const isRead = (key: string): boolean => CACHE_READS.includes(key);
  const isWriteByTime = (key: string): boolean => CACHE_WRITE_BY_TIME.test(key);
  const isWrite = (key: string): boolean => CACHE_WRITE.test(key);
  const isReasoning = (key: string): boolean => REASONING.includes(key);
  const isCached = (key: string): boolean => isRead(key) || isWrite(key) || isWriteByTime(key);
  const [cacheRead, cacheWrite, reasoning] = [
    sum(isRead),
    findLarger(sum(isWrite), sum(isWriteByTime)),
    sum(isReasoning),
  ];
  const input = sum((key) => isOf('input', key) && !isCached(key));
  const output = sum((key) => isOf('output', key) && !isReasoning(key));
  // Who hands on the usage of OpenAI's or the AI SDK as it is, parts inside parts, leaves nothing disjoint.
  const isNested = Object.values(details).some((value) => isObject(value));
  const all = [input, output, cacheRead, cacheWrite, reasoning].reduce<number>(
    (whole, part) => whole + (part ?? 0),
    0,
  );
  const total = readCount(details.total);
  const isDisjoint = !isNested && (total === undefined || total === all);
  return {
    input: isDisjoint ? input : sum((key) => key === 'input'),
    output: isDisjoint ? output : sum((key) => key === 'output'),
    cacheRead,
    cacheWrite,
    reasoning,
    isDisjoint: isDisjoint && (input ?? output) !== undefined,
  };
}

function findLarger(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? (left ?? right) : Math.max(left, right);
}

function orUndefined(count: number | null): number | undefined {
  return count ?? undefined;
}
