import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { normalizeSpan, readContent } from '../../collector/dialects/normalize.js';
import type { Message } from '../../collector/model/gen-ai.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import { listCaptures, loadCapture } from '../support/captures.js';
import { UNDERSTOOD_CAPTURES } from '../support/understood-captures.js';
import { decodeCapture } from './decoded-captures.js';

const GOLDEN = fileURLToPath(new URL('../golden/dialects/', import.meta.url));
const TEXT_LIMIT = 300;
const MESSAGE_LIMIT = 6;

/** Captures whose tools ran without a span of their own: they are known from messages alone. */
const WITHOUT_TOOL_SPANS = ['openinference-anthropic'];

/** Of a long history its length and its end. */
function cutMessages(messages: Message[] | null): unknown {
  if (messages === null || messages.length <= MESSAGE_LIMIT) return messages;
  return { count: messages.length, last: messages.slice(-2) };
}

/** What was understood of a span, without what is empty; long texts are cut. */
function describeSpan(data: SpanData, logs: readonly LogRecordData[]): unknown {
  const { facts, contentKeys, hasContentEvents } = normalizeSpan(data);
  const { usage, ...rest } = facts;
  const { rawInput, rawOutput, ...content } = readContent(data, logs);
  return {
    name: data.name,
    ...dropEmpty({ ...rest, usage: dropEmpty(usage) }),
    content: dropEmpty({
      ...content,
      inputMessages: cutMessages(content.inputMessages),
      rawInput: rawInput?.slice(0, TEXT_LIMIT),
      rawOutput: rawOutput?.slice(0, TEXT_LIMIT),
    }),
    contentKeys: [...contentKeys],
    hasContentEvents,
  };
}

function dropEmpty(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => {
      if (value === null || value === undefined || value === false) return false;
      return typeof value !== 'object' || Object.keys(value as object).length > 0;
    }),
  );
}

describe('the spans of each recorded application are understood as the golden file says', () => {
  it.each(UNDERSTOOD_CAPTURES)('%s', (name) => {
    const { spans, logs } = decodeCapture(name);
    const actual = `${JSON.stringify(
      spans.map((span) => describeSpan(span, logs)),
      null,
      1,
    )}\n`;
    const file = `${GOLDEN}${name}.json`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, actual);
    expect(existsSync(file), `${file} is missing: run with UPDATE_GOLDEN=1 and read it`).toBe(true);
    expect(actual).toBe(readFileSync(file, 'utf8'));
  });
});

describe('the facts agree with what is known of each recorded application', () => {
  it.each(UNDERSTOOD_CAPTURES)('%s', (name) => {
    const { expected } = loadCapture(name);
    const facts = decodeCapture(name).spans.map((span) => normalizeSpan(span).facts);
    const agents = facts.flatMap((fact) => (fact.type === 'agent' ? (fact.agentName ?? []) : []));
    const tools = facts.flatMap((fact) => (fact.type === 'tool' ? (fact.toolName ?? []) : []));
    const answered = facts.filter(
      (fact) => ['llm', 'embedding'].includes(fact.type) && fact.outcome === 'completed',
    );
    const models = answered.map((fact) => fact.responseModel ?? fact.requestModel);
    expect([...new Set(agents)]).toEqual(expected.agents);
    expect(tools).toEqual(WITHOUT_TOOL_SPANS.includes(name) ? [] : expected.tools);
    expect([...new Set(models)].sort()).toEqual(
      [...((expected.models as string[] | undefined) ?? [])].sort(),
    );
  });
});

describe('spans in dialects without a table are read as far as the known ones reach', () => {
  it.each(listCaptures().filter((name) => !UNDERSTOOD_CAPTURES.includes(name)))('%s', (name) => {
    const { spans, logs } = decodeCapture(name);
    for (const span of spans) {
      const { facts } = normalizeSpan(span);
      expect(facts.dialect === null).toBe(['span', 'http', 'db'].includes(facts.type));
      expect(() => readContent(span, logs)).not.toThrow();
    }
  });
});
