import { describe, expect, it } from 'vitest';
import { explainSpan, normalizeSpan, readContent, readLog } from '../../collector/dialects/normalize.js';
import { REGISTRY } from '../../collector/dialects/registry.js';
import { DeepValue, KeyValueList, type AnyValue } from '../../collector/model/any-value.js';
import type { SpanFacts } from '../../collector/model/normalized-span.js';
import { SeededRandom } from '../support/random.js';
import { keyValues, sendLog, sendSpan, type Attributes } from './sent-span.js';

const KINDS: readonly AnyValue[] = [
  null,
  '',
  'text',
  '{"a":',
  '{}',
  '[]',
  '[null,1,"x",[[]],{"role":5,"parts":"x","content":{}}]',
  '{"messages":[[[[[[[[{"role":"user","content":"deep"}]]]]]]]]}',
  '{"__proto__":{"polluted":true},"role":"user","content":null,"tool_calls":{"0":1}}',
  '"quoted"',
  '\u0000\ud800',
  '['.repeat(5_000) + ']'.repeat(5_000),
  '{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000),
  true,
  false,
  0n,
  -1n,
  2n ** 63n - 1n,
  1.5,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  new Uint8Array([0, 255]),
  [],
  [null, 'a', 1n, [1.5], new KeyValueList(keyValues({ x: null }))],
  new KeyValueList([]),
  new KeyValueList([
    { key: '__proto__', value: 'x' },
    { key: 'role', value: 'user' },
    { key: 'content', value: new KeyValueList(keyValues({ text: 5n })) },
  ]),
  new DeepValue(new Uint8Array([1])),
];

const KEYS = [
  ...REGISTRY.keys.keys(),
  ...[...REGISTRY.prefixes.values()].flat().flatMap(({ prefix }) => [prefix, `${prefix}0.message.role`]),
];
const ROLES: readonly Attributes[] = [
  {},
  { 'gen_ai.operation.name': 'chat' },
  { 'gen_ai.operation.name': 'invoke_agent' },
  { 'gen_ai.operation.name': 'execute_tool' },
  { 'openinference.span.kind': 'LLM' },
  { 'openinference.span.kind': 'TOOL' },
  { 'openinference.span.kind': 'CHAIN' },
  { 'ai.operationId': 'ai.generateText' },
  { 'ai.operationId': 'ai.generateText.doGenerate' },
];

const TEXT_FACTS = [
  'dialect operation agentName agentId agentVersion agentType requestModel responseModel provider responseId',
  'toolName toolCallId sessionId conversationId userId serviceName environment caseId workflowId errorType',
]
  .join(' ')
  .split(' ') as (keyof SpanFacts)[];

function checkFacts(facts: SpanFacts): void {
  for (const key of TEXT_FACTS) {
    const value = facts[key];
    if (value === null) continue;
    if (
      typeof value !== 'string' ||
      value.length > 200 ||
      value.includes('\u0000') ||
      !value.isWellFormed()
    ) {
      throw new Error(`${key} is ill-formed`);
    }
  }
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = facts.usage;
  const counts = [inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens];
  for (const count of [...counts, facts.attempt]) {
    if (count !== null && !(Number.isSafeInteger(count) && count >= 0))
      throw new Error(`count ${String(count)}`);
  }
  for (const text of [...facts.finishReasons, ...facts.tags]) {
    if (typeof text !== 'string' || text.length > 200) throw new Error('list of no texts');
  }
  if (facts.reportedCostUsd !== null && !/^\d+(\.\d+)?$/.test(facts.reportedCostUsd)) {
    throw new Error(`cost ${facts.reportedCostUsd}`);
  }
  if (facts.errorMessage !== null && facts.errorMessage.length > 1_000) throw new Error('long message');
}

function check(attributes: Attributes): void {
  const data = sendSpan({ attributes });
  const normalized = normalizeSpan(data);
  checkFacts(normalized.facts);
  for (const key of normalized.contentKeys) if (!(key in attributes)) throw new Error(`no key ${key}`);
  JSON.stringify(readContent(data, []));
  explainSpan(data, []);
}

describe('no value of any kind in any key', () => {
  it('makes a reader throw or a fact ill-typed', () => {
    KEYS.forEach((key, place) => {
      KINDS.forEach((value, kind) => {
        check({ ...ROLES[(place + kind) % ROLES.length], [key]: value });
      });
    });
    for (const role of ROLES)
      check({ ...role, 'input.value': '{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000) });
    expect(KEYS.length).toBeGreaterThan(150);
  });

  it('does so together with others', () => {
    const random = new SeededRandom(20_261_121);
    for (let round = 0; round < 1_500; round++) {
      const attributes: Attributes = {};
      for (const key of random.some(KEYS)) attributes[key] = random.pick(KINDS);
      check(attributes);
    }
    expect('polluted' in {}).toBe(false);
  });
});

describe('events and log records of any kind', () => {
  const names = [
    'gen_ai.system.message',
    'gen_ai.user.message',
    'gen_ai.tool.message',
    'gen_ai.choice',
    'gen_ai.content.prompt',
    'gen_ai.client.inference.operation.details',
    'exception',
  ];
  const fields = [
    'content',
    'message',
    'role',
    'id',
    'tool_calls',
    'finish_reason',
    'gen_ai.prompt',
    'gen_ai.input.messages',
    'exception.type',
    'exception.message',
  ];

  it('make no reader throw', () => {
    for (const name of names) {
      for (const field of fields) {
        for (const value of KINDS) {
          const attributes = { 'gen_ai.operation.name': 'chat' };
          const data = sendSpan({ attributes, events: [{ name, attributes: { [field]: value } }] });
          checkFacts(normalizeSpan(data).facts);
          JSON.stringify(readContent(data, []));
          const log = sendLog({ eventName: name, attributes: { [field]: value }, body: value });
          readLog(log);
          JSON.stringify(readContent(sendSpan({ attributes }), [log]));
        }
      }
    }
    expect(names.length * fields.length * KINDS.length).toBeGreaterThan(1_000);
  });
});

describe('log records that report something', () => {
  const durations: readonly AnyValue[] = [...KINDS, 1e305, '1e305', -1e305, 1e-300, '0x10', 2n ** 63n - 1n];

  it('make no reader throw, whatever their duration and time, and start no later than they end', () => {
    for (const event of REGISTRY.logs.keys()) {
      for (const duration of durations) {
        for (const timeUnixNano of [0n, 1n, 2n ** 64n - 1n]) {
          const attributes = {
            duration_ms: duration,
            'event.kind': 'response.completed',
            input_token_count: 1,
          };
          const log = sendLog({ eventName: event, attributes, timeUnixNano, observedTimeUnixNano: 0n });
          const data = readLog(log).report?.data;
          if (data === undefined) continue;
          expect(data.startTimeUnixNano <= data.endTimeUnixNano && data.startTimeUnixNano >= 0n).toBe(true);
        }
      }
    }
  });
});

describe('large spans', () => {
  it('with twenty thousand attributes are read in one pass', () => {
    const attributes: Attributes = { 'openinference.span.kind': 'LLM' };
    for (let index = 0; index < 20_000; index++) {
      attributes[`llm.input_messages.${index}.message.content`] = `message ${index}`;
    }
    const data = sendSpan({ attributes });
    expect(normalizeSpan(data).contentKeys.size).toBe(20_000);
    expect(readContent(data, []).inputMessages).toHaveLength(20_000);
    expect(explainSpan(data, []).unmapped).toEqual([]);
  });
});
