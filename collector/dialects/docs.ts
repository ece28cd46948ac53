import type { SpanType } from '../model/normalized-span.js';
import type {
  ContentField,
  ContentSource,
  Dialect,
  FactField,
  FactSource,
  FailureSource,
  LogSource,
  RoleSource,
} from './dialect.js';
import { DIALECTS, REGISTRY } from './registry.js';
import { isRecorded, listTableKeys, type RecordedKeys } from './table-keys.js';

const PREFACE = `# Dialects

Written by \`renderDialectDocs()\` in \`collector/dialects/docs.ts\` from the tables that the collector runs on.

A dialect is the set of attribute keys that one family of instrumentations uses. A span may speak several at once, so
each span is looked at by itself: not its trace, its service or its library decides, but its keys. Everything is stored
as it was sent; what is read here stands beside it. A key that no table names stays an attribute and is nothing more.
\`spanledger\` and \`plain\` are words that any span may have: they make no span an AI span.

## How a span is read

1. **Its role.** The marks below are tried in order, and the first that says something decides the \`type\` of the span
   and its \`dialect\`. A span that nothing marks is a plain \`span\`. A tool named \`transfer_to_…\` or \`handoff_to_…\`, or a
   tool span named \`handoff to …\`, is a \`handoff\`.
2. **How it ended.** A span has failed if its status is ERROR or a failure mark says so (listed with each dialect). An AI
   span has failed also if it has an \`exception\` event or an error type: some senders leave the status unset or OK. An
   abort (\`AbortError\` and the like) is \`cancelled\`, an interrupt that waits for a person (\`GraphInterrupt\`,
   \`NodeInterrupt\`) is \`waiting\`.
3. **Its fields.** For each field the sources are asked in order: those of the dialects in the order of this page, first
   to last, then all fallbacks in the same order. The first source that has a value wins. Types in brackets say on
   which spans a source is asked; _work_ stands for llm, agent, step, workflow, guardrail, evaluation and span, _own_
   for spans whose role this dialect decided: there a key as general as \`model\` can be trusted.
4. **What it reports.** A log record whose event name a dialect lists is read like a span that ends at the record's
   time; its attributes, and those of a structured body, are read by the same tables.

A sender that marks its spans in the words of \`otel-genai\` alone is recognised by what is said under _Speaker_, and its
spans are then shown as that dialect's.

The service is \`service.name\` and the environment, where no attribute names it, \`deployment.environment.name\` (or
\`deployment.environment\`) of the resource; \`session.id\` of the resource is the last fallback for the session. Session,
conversation and user are carried over to the other spans of the trace, never across traces.

## Tokens

The target is one way of counting: \`input_tokens\` holds all input with cached tokens (read and written) inside,
\`output_tokens\` all output with reasoning inside. The three parts stand beside them.

Nearly all senders count so. Cached tokens are taken to be **outside** the input, or reasoning outside the output, and
are added, where

- the sender is known for it (_Counting_ with each dialect), or else
- the part is more than its whole, or
- the sender's own total equals input plus output plus the part (or both parts).

What was sent stays in the attributes. Which spans enter the totals of a trace is another question:
[counting](counting.md).

## Messages

Messages are read out of the attributes whenever somebody asks, into
\`{role, parts: [{type: text | reasoning | tool_call | tool_call_response | …}]}\`. A value may be JSON text, an OTLP
structure, or flattened keys (\`prefix.0.…\`). Where an instrumentation writes messages as span events
(\`gen_ai.user.message\`, \`gen_ai.choice\` and so on), these are read; where a span has none, the log records that carry
its span id and an event of such a name are. They may come before or after the span. System instructions fall back to
the first system message. \`thinking\` is the reasoning in the output messages.`;

/** The types that most messages are read on; said as one word, so that the lists stay readable. */
const WORK: readonly SpanType[] = ['llm', 'agent', 'step', 'workflow', 'guardrail', 'evaluation', 'span'];

/** The names under which the API and the command line show the fields, where these are not just snake_case. */
const SHOWN_NAMES: Partial<Record<FactField, string>> = {
  isPending: 'running (a copy sent when the span started)',
  responseModel: 'model',
  totalTokens: 'total tokens (only to check the others)',
  reportedCostUsd: 'cost_usd',
  cacheWrite5mTokens: 'cache_write_5m',
  cacheWrite1hTokens: 'cache_write_1h',
  inputAudioTokens: 'input_audio',
  outputAudioTokens: 'output_audio',
  inputImageTokens: 'input_image',
  outputImageTokens: 'output_image',
  serviceTier: 'service tier (only for the price)',
  serverAddress: 'server address (only for the price)',
};

const FACT_FIELDS: readonly FactField[] = [
  'operation',
  'agentName',
  'agentId',
  'agentVersion',
  'agentType',
  'requestModel',
  'responseModel',
  'provider',
  'responseId',
  'finishReasons',
  'toolName',
  'toolCallId',
  'sessionId',
  'conversationId',
  'userId',
  'environment',
  'caseId',
  'workflowId',
  'attempt',
  'tags',
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'inputAudioTokens',
  'outputAudioTokens',
  'inputImageTokens',
  'outputImageTokens',
  'reportedCostUsd',
  'serviceTier',
  'serverAddress',
  'errorType',
  'errorMessage',
  'isPending',
];

/**
 * The text of `docs/dialects.md`: the marks of all dialects, then each with its roles, its sources by field, and what
 * of its table no recording has.
 */
export function renderDialectDocs(recorded: RecordedKeys): string {
  const dialects = DIALECTS.map((dialect) => renderDialect(dialect, recorded));
  return `${[PREFACE, renderMarks(), ...dialects].join('\n\n')}\n`;
}

function renderMarks(): string {
  const marks = REGISTRY.roles.map(({ dialect, key, about }) => {
    return `1. ${key === undefined ? (about ?? '') : code(key)} (${dialect.name})`;
  });
  return ['## Marks of a role, in order', marks.join('\n')].join('\n\n');
}

function renderDialect(dialect: Dialect, recorded: RecordedKeys): string {
  const { name, roles = [], facts = {}, content = {}, failures = [], logs = [], about = {} } = dialect;
  const lines = FACT_FIELDS.flatMap((field) => renderFact(field, facts[field]));
  const bodies = (Object.keys(content) as ContentField[]).flatMap((field) =>
    renderContent(field, content[field]),
  );
  return [
    `## ${name}`,
    ...(dialect.speaks === undefined ? [] : [`Its spans are shown as ${code(dialect.speaks)}.`]),
    ...sentence('Speaker', about.speaker),
    ...section('Roles:', roles.map(renderRole)),
    ...section('Failure marks:', failures.map(renderFailure)),
    ...section('Fields:', lines),
    ...sentence('Counting', about.counting),
    ...section('Messages and bodies:', bodies),
    ...section('Also kept as message bodies:', listOtherBodies(dialect)),
    ...section('Log records:', logs.map(renderLog)),
    ...sentence('Running spans', about.announced),
    ...renderUnrecorded(dialect, recorded),
  ].join('\n\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, lines.map((line) => `- ${line}`).join('\n')];
}

function sentence(title: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`${title}: ${text}.`];
}

function renderLog({ events, about, type, durationKey }: LogSource): string {
  const condition = about === undefined ? '' : `, ${about}`;
  const duration = durationKey === undefined ? '' : `; its duration in milliseconds is ${code(durationKey)}`;
  return `${events.map(code).join(' or ')}${condition}: ${code(type)}${duration}`;
}

function renderUnrecorded(dialect: Dialect, { sent, handMade }: RecordedKeys): string[] {
  const missing = listTableKeys(dialect).filter((key) => !isRecorded(key, sent));
  const byHand = missing.filter((key) => isRecorded(key, handMade));
  const nowhere = missing.filter((key) => !isRecorded(key, handMade));
  return [
    ...(byHand.length === 0 ? [] : [`In hand-made recordings only: ${byHand.map(code).join(', ')}.`]),
    ...(nowhere.length === 0 ? [] : [`Not in a recording yet: ${nowhere.map(code).join(', ')}.`]),
  ];
}

function renderRole({ key, values, about }: RoleSource): string {
  const roles = [groupValues(values ?? new Map()), about ?? ''].filter((text) => text !== '').join('; ');
  return key === undefined ? roles : `${code(key)}: ${roles}`;
}

/** Roles with the values that mean them. */
function groupValues(values: ReadonlyMap<string, SpanType>): string {
  const byRole = new Map<SpanType, string[]>();
  for (const [value, role] of values) byRole.set(role, [...(byRole.get(role) ?? []), code(value)]);
  return [...byRole].map(([role, names]) => `${joinWords(names)} ${verb(names)} ${code(role)}`).join('; ');
}

function renderFailure({ key, about, isFailure, except, isOwn }: FailureSource): string {
  const values = [true, 'true', 'error'].filter((value) => isFailure(value)).map((value) => code(`${value}`));
  const exceptions = except === undefined ? '' : `, but not on ${except.join(', ')}`;
  const own = isOwn === true ? ' (_own_)' : '';
  return `${code(key)}: ${about ?? joinWords([...new Set(values)])}${exceptions}${own}`;
}

function renderFact(field: FactField, sources: readonly FactSource<unknown>[] | undefined): string[] {
  if (sources === undefined) return [];
  const name = SHOWN_NAMES[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [renderSources(name, sources, describeFact)];
}

function renderContent(
  field: ContentField,
  sources: readonly ContentSource<unknown>[] | undefined,
): string[] {
  if (sources === undefined) return [];
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [renderSources(name, sources, describeContent)];
}

function renderSources<S extends FactSource<unknown> | ContentSource<unknown>>(
  name: string,
  sources: readonly S[],
  describe: (source: S) => string,
): string {
  const list = (isLate: boolean): string[] =>
    sources
      .filter((source) => (source.isLate ?? false) === isLate)
      .map((source) => {
        const first = source.isFirst === true ? ', asked before all others' : '';
        return `${describe(source)}${describeConditions(source)}${first}`;
      });
  const [first, fallbacks] = [list(false), list(true)];
  const late = fallbacks.length === 0 ? [] : [`as fallback ${fallbacks.join(', then ')}`];
  return `**${name}**: ${[...(first.length === 0 ? [] : [first.join(', then ')]), ...late].join('; ')}`;
}

function describeFact(source: FactSource<unknown>): string {
  if ('derive' in source) return source.about;
  return source.path === undefined
    ? code(source.key)
    : `${code(source.path.join('.'))} in the JSON of ${code(source.key)}`;
}

function describeContent({ keys = [], prefix, readsEvents }: ContentSource<unknown>): string {
  if (readsEvents === true) return 'message events';
  return joinWords([...keys.map(code), ...(prefix === undefined ? [] : [code(`${prefix}N.…`)])]);
}

function describeConditions({ only = [], isOwn }: { only?: readonly SpanType[]; isOwn?: boolean }): string {
  const isWork = only.length === WORK.length && WORK.every((type) => only.includes(type));
  const conditions = [...(isOwn === true ? ['_own_'] : []), ...(isWork ? ['_work_'] : only)];
  return conditions.length === 0 ? '' : ` (${conditions.join(', ')})`;
}

function listOtherBodies({ otherContentKeys = [], otherContentPrefixes = [] }: Dialect): string[] {
  return [...otherContentKeys.map(code), ...otherContentPrefixes.map((prefix) => code(`${prefix}…`))];
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

function verb(words: readonly string[]): string {
  return words.length === 1 ? 'is' : 'are';
}

function code(text: string): string {
  return `\`${text}\``;
}
