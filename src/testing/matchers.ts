import { ATTR } from '../semconv.js';
import { judge, readEvidence } from './evidence.js';
import { findMismatch, type TraceShape } from './match-trace.js';
import { matchesText, matchesValue, showValue, type TextPattern } from './match-value.js';
import { parseJson, readLastText, readOutcome } from './span-facts.js';
import {
  isOne,
  listExecutions,
  listModelCalls,
  listRecords,
  listToolCalls,
  readFailure,
  type CollectedRecord,
} from './span-queries.js';
import { placeSpans, readAgentName, type PlacedNode } from './span-tree.js';
import type { Budget, Evidence, MatcherFunctions } from './span-matchers.js';
import { addUp } from './totals.js';

/** Matchers to give to `expect.extend` of vitest or jest: see {@link SpanMatchers}. */
export const matchers: MatcherFunctions = {
  toHaveTool(received, name, expected = {}) {
    const evidence = readEvidence(received);
    const named = listToolCalls(evidence.spans).filter((call) => matchesText(call.name, name));
    const fitting = named.filter(
      (call) =>
        hasField(call, expected, 'arguments') &&
        hasField(call, expected, 'result') &&
        matchesText(call.agent, expected.agent) &&
        isOneOf(call.outcome, expected.outcome),
    );
    return judge(evidence, {
      ...count(fitting.length, expected.times),
      claim: `${describeTimes('a call', expected.times)} of the tool ${String(name)}${describeFields(expected)}`,
      found: named.map(
        (call) =>
          `${call.name} was called by ${call.agent ?? 'no agent'} with ${showValue(call.arguments)}, ` +
          `gave ${showValue(call.result)} and ${call.outcome}`,
      ),
    });
  },

  toHaveToolOrder(received, names, { exactly = false } = {}) {
    const evidence = readEvidence(received);
    const called = listToolCalls(evidence.spans).map((call) => call.name);
    return judge(evidence, {
      pass: isInOrder(called, names, exactly),
      claim: `tools to be called in the order ${names.join(', ')}${exactly ? ', and no others' : ''}`,
      found: [
        called.length === 0 ? 'No tool was called.' : `They were called in the order ${called.join(', ')}`,
      ],
    });
  },

  toHaveAgent(received, name, expected = {}) {
    const evidence = readEvidence(received);
    const named = listExecutions(evidence.spans).filter((run) => matchesText(run.agent, name));
    const fitting = named.filter(
      (run) =>
        matchesText(run.parentAgent, expected.parent) &&
        isOneOf(run.outcome, expected.outcome) &&
        hasField(run, expected, 'input') &&
        hasField(run, expected, 'output'),
    );
    return judge(evidence, {
      ...count(fitting.length, expected.times),
      claim: `${describeTimes('a run', expected.times)} of the agent ${String(name)}${describeFields(expected)}`,
      found: named.map(
        (run) =>
          `${run.agent ?? 'an agent'} ran in ${run.parentAgent ?? 'no other agent'} with ${showValue(run.input)}, ` +
          `gave ${showValue(run.output)} and ${run.outcome}`,
      ),
    });
  },

  toHaveHandoff(received, to, { from } = {}) {
    const evidence = readEvidence(received);
    const handoffs = listToolCalls(evidence.spans)
      .filter(({ span }) => span.type === 'handoff')
      .map(({ name, agent }) => ({ to: name.replace(/^(?:transfer|handoff)_to_/, ''), from: agent }));
    return judge(evidence, {
      pass: handoffs.some((one) => matchesText(one.to, to) && matchesText(one.from, from)),
      claim: `a hand-over to ${String(to)}${from === undefined ? '' : ` from ${String(from)}`}`,
      found: handoffs.map((one) => `${one.from ?? 'no agent'} handed over to ${one.to}`),
    });
  },

  toHaveModelCall(received, expected = {}) {
    const evidence = readEvidence(received);
    const calls = listModelCalls(evidence.spans);
    const fitting = calls.filter(
      (call) =>
        (expected.model === undefined ||
          listModels(call.span.attributes).some((model) => matchesText(model, expected.model))) &&
        matchesText(call.provider, expected.provider) &&
        matchesText(call.agent, expected.agent) &&
        isOneOf(call.outcome, expected.outcome) &&
        hasField(call, expected, 'output'),
    );
    return judge(evidence, {
      ...count(fitting.length, expected.times),
      claim: `${describeTimes('a model call', expected.times)}${describeFields(expected)}`,
      found: calls.map(
        (call) =>
          `${call.model ?? 'a model'} of ${call.provider ?? 'no known provider'} was called by ` +
          `${call.agent ?? 'no agent'}, gave ${showValue(call.output)} and ${call.outcome}`,
      ),
    });
  },

  toHaveSpentLessThan(received, budget) {
    const evidence = readEvidence(received);
    const { overruns, spent } = spend(evidence, budget);
    return judge(evidence, {
      pass: overruns.length === 0,
      claim: `less to be spent than ${showValue(budget)}`,
      found: overruns.length === 0 ? [`Spent: ${spent}`] : [...overruns, `Spent: ${spent}`],
    });
  },

  toHaveNoErrors(received) {
    const evidence = readEvidence(received);
    const failed = evidence.spans.filter((span) => readOutcome(span) === 'failed');
    return judge(evidence, {
      pass: failed.length === 0,
      claim: 'no span to have failed',
      found: failed.map((span) => `${span.name} failed: ${describeFailure(span)}`),
    });
  },

  toHaveFailed(received, expected = {}) {
    const evidence = readEvidence(received);
    const { name, agent, tool, errorType, message } = expected;
    const failed = placeSpans(evidence.spans).all.filter((node) => readOutcome(node.span) === 'failed');
    return judge(evidence, {
      pass: failed.some((node) => {
        const failure = readFailure(node.span);
        return (
          isOne(node, { name, agent, tool }) &&
          matchesText(failure?.type, errorType) &&
          matchesText(failure?.message, message)
        );
      }),
      claim: `a span to have failed${describeFields(expected)}`,
      found:
        failed.length === 0
          ? ['None failed.']
          : failed.map(({ span }) => `${span.name} failed: ${describeFailure(span)}`),
    });
  },

  toHaveRecord(received, type, fields = {}) {
    const evidence = readEvidence(received);
    const records = listRecords(evidence.spans, type);
    return judge(evidence, {
      pass: records.some((record) => hasFields(record, fields)),
      claim: `a record ${type}${describeFields(fields)}`,
      found: records.map((record) => `${record.type} has ${showValue(record.fields)}`),
    });
  },

  toHaveOutput(received, expected, { agent } = {}) {
    const evidence = readEvidence(received);
    const outputs = listOutputs(evidence, agent);
    return judge(evidence, {
      pass: outputs.some(({ text }) => isOutput(text, expected)),
      claim: `${agent === undefined ? 'the work' : `the agent ${String(agent)}`} to give ${showValue(expected)}`,
      found: outputs.map(({ name, text }) => `${name} gave ${text}`),
    });
  },

  toMatchTrace(received, shape) {
    const evidence = readEvidence(received);
    const shapes = Array.isArray(shape) ? (shape as readonly TraceShape[]) : [shape as TraceShape];
    const mismatch = findMismatch(placeSpans(evidence.spans).roots, shapes);
    return judge(evidence, {
      pass: mismatch === undefined,
      claim: 'the spans to have the given shape',
      found: mismatch === undefined ? [] : [`But ${mismatch}.`],
    });
  },

  toHaveNoOpenSpans(received) {
    const evidence = readEvidence(received);
    if (evidence.openSpans === undefined) {
      throw new TypeError('spanledger/testing: toHaveNoOpenSpans() needs a collection, not a list of spans');
    }
    return judge(evidence, { pass: evidence.openSpans.length === 0, claim: 'every span to have ended' });
  },
};

function count(found: number, times: number | undefined): { pass: boolean } {
  return { pass: times === undefined ? found > 0 : found === times };
}

function describeTimes(what: string, times: number | undefined): string {
  return times === undefined ? what : `${what} (exactly ${times} times)`;
}

/** What was asked for besides names and counts; nothing where nothing was. */
function describeFields(expected: object): string {
  const others = Object.entries(expected).filter(([key, value]) => key !== 'times' && value !== undefined);
  return others.length === 0 ? '' : ` with ${showValue(Object.fromEntries(others))}`;
}

function hasField<K extends string>(
  found: Partial<Record<K, unknown>>,
  expected: Partial<Record<K, unknown>>,
  key: K,
): boolean {
  return expected[key] === undefined || matchesValue(found[key], expected[key]);
}

function isOneOf(found: string, expected: string | undefined): boolean {
  return expected === undefined || found === expected;
}

function listModels(attributes: Readonly<Record<string, unknown>>): string[] {
  return [attributes[ATTR.responseModel], attributes[ATTR.requestModel]].filter(
    (one) => typeof one === 'string',
  );
}

function isInOrder(called: readonly string[], names: readonly TextPattern[], exactly: boolean): boolean {
  if (exactly) {
    return called.length === names.length && names.every((name, index) => matchesText(called[index], name));
  }
  let next = 0;
  for (const name of called) if (next < names.length && matchesText(name, names[next])) next += 1;
  return next === names.length;
}

function describeFailure(span: Parameters<typeof readFailure>[0]): string {
  const { type, message } = readFailure(span) ?? {};
  return [type, message].filter((word) => word !== undefined).join(': ') || 'no reason is given';
}

function spend({ spans }: Evidence, budget: Budget): { overruns: string[]; spent: string } {
  const totals = addUp(placeSpans(spans).roots);
  const { inputTokens, outputTokens, costUsd, unpricedCalls } = totals;
  const spent = { costUsd, tokens: inputTokens + outputTokens, inputTokens, outputTokens };
  const overruns: string[] = [];
  for (const key of ['costUsd', 'tokens', 'inputTokens', 'outputTokens'] as const) {
    const limit = budget[key];
    if (limit === undefined) continue;
    if ((spent[key] ?? 0) >= limit)
      overruns.push(`${key} is ${spent[key] ?? 0}, and should be less than ${limit}`);
    if (key === 'costUsd' && unpricedCalls > 0) {
      overruns.push(
        `The cost of ${unpricedCalls} model calls is not known: give prices to collectSpans(), or call setCost()`,
      );
    }
  }
  return { overruns, spent: showValue({ ...spent, llmCalls: totals.llmCalls }) };
}

/** Fields by the names that they are emitted with, or by those of their attributes. */
function hasFields(
  { type, fields, span }: CollectedRecord,
  expected: Readonly<Record<string, unknown>>,
): boolean {
  const noun = type.replace(/[._].*$/s, '');
  return Object.entries(expected).every(([key, value]) => {
    const own = `${noun}.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    return [fields[own], fields[key], span.attributes[key]].some(
      (found) => found !== undefined && matchesValue(found, value),
    );
  });
}

function listOutputs({ spans }: Evidence, agent: TextPattern | undefined): { name: string; text: string }[] {
  const { all, roots } = placeSpans(spans);
  const nodes =
    agent === undefined
      ? findOutermost(roots).slice(0, 1)
      : all.filter((node) => node.span.type === 'agent' && matchesText(readAgentName(node), agent));
  return nodes.flatMap(({ span }) => {
    const text = readLastText(span, ATTR.outputMessages);
    return text === undefined ? [] : [{ name: span.name, text }];
  });
}

function findOutermost(nodes: readonly PlacedNode[]): PlacedNode[] {
  return nodes.flatMap((node) =>
    readLastText(node.span, ATTR.outputMessages) === undefined ? findOutermost(node.children) : [node],
  );
}

function isOutput(text: string, expected: unknown): boolean {
  return matchesValue(text, expected) || matchesValue(parseJson(text), expected);
}
