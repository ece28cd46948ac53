import { ATTR } from '../semconv.js';
import type { CollectedSpan, SpanType } from './collected-span.js';
import { matchesText, matchesValue, type TextPattern } from './match-value.js';
import {
  parseJson,
  readCost,
  readInput,
  readModel,
  readNumber,
  readOutcome,
  readOutput,
  readProvider,
  readText,
  readUsage,
  readValue,
  type Outcome,
  type SpanUsage,
} from './span-facts.js';
import { findAgentRun, placeSpans, readAgentName, type PlacedNode } from './span-tree.js';
import { addUp, findModelCalls, type Totals } from './totals.js';

/** What a span has to be; all that is given has to fit. */
export interface SpanCriteria {
  /** The span's name. */
  name?: TextPattern | undefined;
  /** What it is. */
  type?: SpanType | undefined;
  /** The tool that it calls. */
  tool?: TextPattern | undefined;
  /** The agent that it is of: its own run, and all that is inside but in another agent's run. */
  agent?: TextPattern | undefined;
  /** The model that answered or was asked. */
  model?: TextPattern | undefined;
  /** How it ended. */
  outcome?: Outcome | undefined;
  /** Values that attributes have: patterns, functions and asymmetric matchers may stand for them. */
  attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** Who failed and why. */
export interface Failure {
  /** `error.type`: the error's class. */
  type?: string;
  /** The error's message. */
  message?: string;
}

/** A run of an agent: what would be one execution in Spanledger. */
export interface CollectedExecution {
  /** The agent's name. */
  agent?: string;
  /** Its id. */
  agentId?: string;
  /** `spanledger.agent.type`. */
  agentType?: string;
  /** The agent whose run is around this one. */
  parentAgent?: string;
  /** How it ended. */
  outcome: Outcome;
  /** 1 unless the run says otherwise. */
  attempt: number;
  /** What it was given: the last message's text, as a value where it is JSON. */
  input?: unknown;
  /** What came out: the last message's text, as a value where it is JSON. */
  output?: unknown;
  /** Why it failed or was cancelled. */
  failure?: Failure;
  /** Its tool calls, in order; not those of agents inside. */
  tools: CollectedToolCall[];
  /** With all that is inside, also other agents. */
  totals: Totals;
  /** The span. */
  span: CollectedSpan;
}

/** A call of a tool. */
export interface CollectedToolCall {
  /** The tool's name. */
  name: string;
  /** The id that the model gave the call. */
  callId?: string;
  /** The agent that called it. */
  agent?: string;
  /** What it was given, as a value where it is JSON. */
  arguments?: unknown;
  /** What it gave, as a value where it is JSON. */
  result?: unknown;
  /** How it ended. */
  outcome: Outcome;
  /** Why it failed or was cancelled. */
  failure?: Failure;
  /** The span. */
  span: CollectedSpan;
}

/** A call of a model or an embedding model. */
export interface CollectedModelCall {
  /** The model that answered, else the one that was asked. */
  model?: string;
  /** Who serves it. */
  provider?: string;
  /** The agent that asked. */
  agent?: string;
  /** The answer's text, as a value where it is JSON. */
  output?: unknown;
  /** Tokens that its span reports. */
  usage?: SpanUsage;
  /** What its span says it cost, in US dollars. */
  costUsd?: number;
  /** How it ended. */
  outcome: Outcome;
  /** Why it failed or was cancelled. */
  failure?: Failure;
  /** The span. */
  span: CollectedSpan;
}

/** A record: a moment that is kept, such as `plan.created`. */
export interface CollectedRecord {
  /** `spanledger.record`. */
  type: string;
  /** The agent in whose run it was made. */
  agent?: string;
  /** All its attributes under `spanledger.`, without that prefix; JSON as its value. */
  fields: Record<string, unknown>;
  /** The span. */
  span: CollectedSpan;
}

/** Spans that fit, in the order in which they started. */
export function selectSpans(spans: readonly CollectedSpan[], criteria: SpanCriteria): CollectedSpan[] {
  return placeSpans(spans)
    .all.filter((node) => isOne(node, criteria))
    .map(({ span }) => span);
}

/** Whether a span is what criteria ask for. */
export function isOne(node: PlacedNode, criteria: SpanCriteria): boolean {
  const { span } = node;
  const { name, type, tool, agent, model, outcome, attributes } = criteria;
  return (
    matchesText(span.name, name) &&
    (type === undefined || span.type === type) &&
    matchesText(readText(span, ATTR.toolName), tool) &&
    (agent === undefined || matchesText(readAgentName(node), agent)) &&
    matchesText(readModel(span), model) &&
    (outcome === undefined || readOutcome(span) === outcome) &&
    (attributes === undefined || matchesValue(span.attributes, attributes))
  );
}

/** Runs of agents, in the order in which they started. */
export function listExecutions(spans: readonly CollectedSpan[]): CollectedExecution[] {
  const { all } = placeSpans(spans);
  return all
    .filter(({ span }) => span.type === 'agent')
    .map((node) => {
      const { span } = node;
      const around = findAgentRun(node.parent);
      const inside = all.filter((one) => isToolCall(one) && findAgentRun(one) === node);
      return {
        ...given('agent', readAgentName(node)),
        ...given('agentId', readText(span, ATTR.agentId)),
        ...given('agentType', readText(span, ATTR.agentType)),
        ...given('parentAgent', around && readAgentName(around)),
        outcome: readOutcome(span),
        attempt: readNumber(span, ATTR.attempt) ?? 1,
        ...given('input', readInput(span)),
        ...given('output', readOutput(span)),
        ...given('failure', readFailure(span)),
        tools: inside.map(toToolCall),
        totals: addUp([node]),
        span,
      };
    });
}

/** Calls of tools, in the order in which they started; hand-overs are among them. */
export function listToolCalls(spans: readonly CollectedSpan[]): CollectedToolCall[] {
  return placeSpans(spans).all.filter(isToolCall).map(toToolCall);
}

/** Calls of models, in the order in which they started; of several spans that stand for one call, the innermost. */
export function listModelCalls(spans: readonly CollectedSpan[]): CollectedModelCall[] {
  return findModelCalls(placeSpans(spans).roots)
    .map((node) => {
      const { span } = node;
      return {
        ...given('model', readModel(span)),
        ...given('provider', readProvider(span)),
        ...given('agent', readAgentName(node)),
        ...given('output', readOutput(span)),
        ...given('usage', readUsage(span)),
        ...given('costUsd', readCost(span)),
        outcome: readOutcome(span),
        ...given('failure', readFailure(span)),
        span,
      };
    })
    .sort((left, right) => spans.indexOf(left.span) - spans.indexOf(right.span));
}

/** Records, in the order in which they were made; all types unless one is given. */
export function listRecords(spans: readonly CollectedSpan[], type?: string): CollectedRecord[] {
  return placeSpans(spans)
    .all.filter(({ span }) => span.type === 'record')
    .map((node) => ({
      type: readText(node.span, ATTR.record) ?? '',
      ...given('agent', readAgentName(node)),
      fields: readFields(node.span),
      span: node.span,
    }))
    .filter((record) => type === undefined || record.type === type);
}

/** Why a span failed or was cancelled. */
export function readFailure(span: CollectedSpan): Failure | undefined {
  if (readOutcome(span) === 'completed') return undefined;
  return { ...given('type', readText(span, ATTR.errorType)), ...given('message', span.statusMessage) };
}

const PREFIX = 'spanledger.';

function readFields({ attributes }: CollectedSpan): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (!key.startsWith(PREFIX) || key === ATTR.record) continue;
    fields[key.slice(PREFIX.length)] = typeof value === 'string' ? parseDocument(value) : value;
  }
  return fields;
}

/** Lists and objects are written as JSON; a text such as `42` is what somebody called a plan. */
function parseDocument(text: string): unknown {
  return /^[[{]/.test(text) ? parseJson(text) : text;
}

function isToolCall({ span }: PlacedNode): boolean {
  return span.type === 'tool' || span.type === 'handoff';
}

function toToolCall(node: PlacedNode): CollectedToolCall {
  const { span } = node;
  return {
    name: readText(span, ATTR.toolName) ?? '',
    ...given('callId', readText(span, ATTR.toolCallId)),
    ...given('agent', readAgentName(node)),
    ...given('arguments', readValue(span, ATTR.toolCallArguments)),
    ...given('result', readValue(span, ATTR.toolCallResult)),
    outcome: readOutcome(span),
    ...given('failure', readFailure(span)),
    span,
  };
}

/** A field that is left out where there is nothing to say. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
