import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { normalizeSpan, openContent, readContent } from '../../collector/dialects/normalize.js';
import type { Message } from '../../collector/model/gen-ai.js';
import { AGENT_TYPE_OPERATION } from '../../collector/model/normalized-span.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import { listCaptures, loadCapture, type Expected } from '../support/captures.js';
import { SHOWN_OTHERWISE } from '../support/capture-truth.js';
import { decodeCapture } from './decoded-captures.js';

const GOLDEN = fileURLToPath(new URL('../golden/dialects/', import.meta.url));
const TEXT_LIMIT = 300;
const MESSAGE_LIMIT = 6;
const LONG_TEXT = 5_000;

/** Captures whose tools ran without a span of their own: they are known from messages alone. */
const WITHOUT_TOOL_SPANS = ['openinference-anthropic', 'traceloop-legacy-anthropic'];

/** Captures whose agent has no span of its own: a call says its name (see the LangSmith exporter's overwritten root). */
const WITHOUT_AGENT_SPANS = ['langsmith-traceable-openai'];

/** Captures in which hundreds of plain spans surround a few that say something. */
const MOSTLY_PLAIN = ['codex-cli-exec'];

/** Captures of which the spans are not all: see the golden files of what log records report. */
const KNOWN_FROM_RECORDS = ['claude-code-logs-metrics', 'codex-cli-exec'];

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

function isTold(capture: string, span: SpanData): boolean {
  return !MOSTLY_PLAIN.includes(capture) || normalizeSpan(span).facts.dialect !== null;
}

/** Lists of tools and system prompts fill pages. */
function cutLong(key: string, value: unknown): unknown {
  if (typeof value === 'string' && value.length > LONG_TEXT) return `${value.slice(0, TEXT_LIMIT)}…`;
  if (key !== 'toolDefinitions' || JSON.stringify(value).length <= LONG_TEXT) return value;
  return JSON.stringify(value).slice(0, TEXT_LIMIT);
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
  it.each(listCaptures())('%s', (name) => {
    const { spans, logs } = decodeCapture(name);
    const actual = `${JSON.stringify(
      spans.filter((span) => isTold(name, span)).map((span) => describeSpan(span, logs)),
      cutLong,
      1,
    )}\n`;
    const file = `${GOLDEN}${name}.json`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, actual);
    expect(existsSync(file), `${file} is missing: run with UPDATE_GOLDEN=1 and read it`).toBe(true);
    expect(actual).toBe(readFileSync(file, 'utf8'));
  });
});

describe('bodies that are read when they are asked for are those that are read at once', () => {
  it.each(listCaptures())('%s', (name) => {
    const { spans, logs } = decodeCapture(name);
    for (const span of spans) {
      const { data, facts } = normalizeSpan(span);
      const whole = readContent(data, logs);
      const opened = openContent(data, logs, facts);
      for (const field of Object.keys(whole) as (keyof typeof whole)[]) {
        expect(opened[field], `${span.name}: ${field}`).toEqual(whole[field]);
      }
    }
  });
});

describe('the facts agree with what is known of each recorded application', () => {
  it.each(listCaptures().filter((name) => !KNOWN_FROM_RECORDS.includes(name)))('%s', (name) => {
    const expected: Expected = { ...loadCapture(name).expected, ...SHOWN_OTHERWISE[name] };
    const facts = decodeCapture(name)
      .spans.map((span) => normalizeSpan(span).facts)
      .filter(({ isPending }) => !isPending);
    const agentType = WITHOUT_AGENT_SPANS.includes(name) ? 'llm' : 'agent';
    const runs = facts.filter(({ type }) => type === agentType);
    // Whether an SDK's operation is the work of a declared agent is told by the tree, not by its span.
    const declared = runs.filter((fact) => fact.agentType !== AGENT_TYPE_OPERATION);
    const agents = (declared.length > 0 ? declared : runs).flatMap(({ agentName }) => agentName ?? []);
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
