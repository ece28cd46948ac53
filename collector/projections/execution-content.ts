import type { JsonValue } from '../model/json.js';
import type { SpanContent, SpanFacts } from '../model/normalized-span.js';
import type { ThinkingTrace, ToolCalled } from '../model/rows.js';
import { durationMillis, renderTime } from '../model/time.js';
import type { ModelCall } from './calls.js';
import type { ContentReader } from './content.js';
import type { Run } from './runs.js';
import { startOf } from './tree.js';

/**
 * What the agent was given: its own messages or raw input, else the prompts that log records report, else the input
 * of its first model call.
 */
export function readInput(run: Run, content: ContentReader): JsonValue {
  const own = pickInput(content.read(run.node));
  if (own !== null) return own;
  const prompts = run.messages.flatMap((node) => content.read(node)?.inputMessages ?? []);
  if (prompts.length > 0) return pickMessages(prompts);
  for (const call of run.calls) {
    const input = readOfCall(call, content, pickInput);
    if (input !== null) return input;
  }
  return null;
}

/** What the agent gave back: its own messages or raw output, else the last of its model calls' and its answers. */
export function readOutput(run: Run, content: ContentReader): JsonValue {
  const own = pickOutput(content.read(run.node));
  if (own !== null) return own;
  const answers = [
    ...run.calls.map((call) => ({ node: call.node, members: call.members })),
    ...run.messages.map((node) => ({ node, members: [node] })),
  ].sort((left, right) => right.node.index - left.node.index);
  for (const answer of answers) {
    const output = readOfCall(answer, content, pickOutput);
    if (output !== null) return output;
  }
  return null;
}

/** Reasoning blocks of the run's own calls, in order. */
export function listThinking(run: Run, content: ContentReader): ThinkingTrace[] {
  const traces: ThinkingTrace[] = [];
  for (const { members } of run.calls) {
    for (const node of members) {
      const texts = content.read(node)?.thinking;
      if (texts === undefined || texts.length === 0) continue;
      const time = renderTime(startOf(node.span));
      for (const text of texts) traces.push({ span_id: node.span.spanId, time, content: text });
      break;
    }
  }
  return traces;
}

/** The run's own tools, in order; one that made no span has the time at which its result was handed on. */
export function listToolsCalled(run: Run, content: ContentReader): ToolCalled[] {
  return run.tools.map(({ node, name, callId, reported }): ToolCalled => {
    const { span } = node;
    const told = reported ?? readToolBody(content.read(node));
    return {
      span_id: span.spanId,
      name,
      call_id: callId,
      ...told,
      error: reported === null ? readToolError(span.facts) : null,
      started_at: renderTime(startOf(span)),
      duration_ms: reported === null ? durationMillis(span.startTimeUnixNano, span.endTimeUnixNano) : 0,
    };
  });
}

function readToolBody(body: SpanContent | undefined): Pick<ToolCalled, 'arguments' | 'result'> {
  return { arguments: body?.toolArguments ?? null, result: body?.toolResult ?? null };
}

function readToolError({ outcome, errorMessage, errorType }: SpanFacts): string | null {
  return outcome === 'failed' ? (errorMessage ?? errorType ?? 'failed') : null;
}

function pickInput(body: SpanContent | undefined): JsonValue {
  return pickMessages(body?.inputMessages) ?? parseRaw(body?.rawInput);
}

function pickOutput(body: SpanContent | undefined): JsonValue {
  return pickMessages(body?.outputMessages) ?? parseRaw(body?.rawOutput);
}

function pickMessages(messages: SpanContent['inputMessages'] | undefined): JsonValue {
  // A message is JSON by construction; an interface without an index signature can't say so.
  return messages == null || messages.length === 0 ? null : (messages as unknown as JsonValue);
}

/** An object, a list or a quoted text as the JSON that it is; any other text as it stands. */
function parseRaw(text: string | null | undefined): JsonValue {
  if (text == null) return null;
  if (!/^\s*[{["]/.test(text)) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** The outer span of a call mostly has the messages, so members are asked from the outside in. */
function readOfCall(
  call: Pick<ModelCall, 'members'>,
  content: ContentReader,
  pick: (body: SpanContent | undefined) => JsonValue,
): JsonValue {
  for (const member of call.members.toReversed()) {
    const found = pick(content.read(member));
    if (found !== null) return found;
  }
  return null;
}
