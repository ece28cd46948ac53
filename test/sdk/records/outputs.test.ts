import { afterEach, beforeEach, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  agent,
  checkOutput,
  outputSchema,
  OutputValidationError,
  recordOutput,
  triageV1,
  type StandardSchema,
  type TriageInput,
  type TriageOutput,
} from '../../../src/index.js';
import { readJsonAttribute, startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

const TRIAGE: TriageInput = {
  file_results: [
    {
      file_id: 'f-1',
      domain_scores: [{ domain: 'legal', score: 100 }],
      entities: [{ type: 'person', value: 'Ada' }],
      summary: { short: 'A will.', detailed: 'The will of Ada.' },
      complexity: { tier: 'low' },
      confidence: 0.5,
    },
  ],
  suggested_groupings: [{ group_name: 'wills', file_ids: ['f-1'], reason: 'same kind' }],
};

const invoice = outputSchema(
  'invoice/v2',
  z.object({ total: z.number(), currency: z.string().default('EUR') }),
);

test('a triage that follows triage/v1 is read with its defaults', async () => {
  const check = await checkOutput(triageV1, TRIAGE);
  expect(check).toMatchObject({
    isValid: true,
    value: { file_results: [{ entities: [{ value: 'Ada', confidence: 1 }], is_corrupted: false }] },
  });
  if (check.isValid) expectTypeOf(check.value).toEqualTypeOf<TriageOutput>();
});

test('each rule of triage/v1 is checked, and named where it is broken', async () => {
  const wrong = {
    file_results: [
      {
        file_id: 7,
        domain_scores: [{ domain: 'finance', score: 101 }],
        entities: [{ type: 'person', value: 'x', confidence: -0.1 }],
        summary: { short: 's'.repeat(201), detailed: 'd'.repeat(2_001) },
        complexity: { tier: 'huge', token_estimate: 'many' },
        confidence: Number.NaN,
        is_corrupted: 'no',
      },
      'nothing',
    ],
    suggested_groupings: [{ group_name: 'g', file_ids: 'f-1' }],
  };
  const check = await checkOutput(triageV1, wrong);
  const first = '/file_results/0';
  expect(check.isValid ? [] : check.issues.map(({ pointer }) => pointer)).toEqual([
    `${first}/file_id`,
    `${first}/domain_scores/0/domain`,
    `${first}/domain_scores/0/score`,
    `${first}/entities/0/confidence`,
    `${first}/summary/short`,
    `${first}/summary/detailed`,
    `${first}/complexity/tier`,
    `${first}/complexity/token_estimate`,
    `${first}/confidence`,
    `${first}/is_corrupted`,
    '/file_results/1',
    '/suggested_groupings/0/file_ids',
    '/suggested_groupings/0/reason',
  ]);
  expect(await checkOutput(triageV1, null)).toEqual({
    isValid: false,
    issues: [{ pointer: '', message: 'must be an object' }],
  });
});

test('lengths are of characters, not of UTF-16', async () => {
  const [file] = TRIAGE.file_results;
  const of = (short: string) =>
    checkOutput(triageV1, { ...TRIAGE, file_results: [{ ...file, summary: { short, detailed: '' } }] });
  expect((await of('😀'.repeat(200))).isValid).toBe(true);
  expect((await of('😀'.repeat(201))).isValid).toBe(false);
});

test('an output is recorded with its schema and the verdict, and comes back as it was given', async () => {
  const given = await agent('triage', async () => {
    await Promise.resolve();
    return recordOutput(triageV1, TRIAGE);
  });
  expect(given).toBe(TRIAGE);
  const span = await recorder.span('invoke_agent triage');
  expect(span.attributes).toMatchObject({
    'spanledger.output.schema': 'triage/v1',
    'spanledger.output.valid': true,
  });
  const [message] = readJsonAttribute(span, 'gen_ai.output.messages') as { parts: { content: string }[] }[];
  expect(JSON.parse(message?.parts[0]?.content ?? '')).toEqual(TRIAGE);
});

test('an output that does not follow its schema is recorded as such, and nothing is thrown', async () => {
  agent('billing', () => {
    // @ts-expect-error The total is a number.
    recordOutput(invoice, { total: 'much' });
  });
  const span = await recorder.span('invoke_agent billing');
  expect(span.attributes['spanledger.output.valid']).toBe(false);
  expect(readJsonAttribute(span, 'spanledger.output.errors')).toMatchObject([{ pointer: '/total' }]);
  expect(JSON.stringify(span.attributes)).toContain('much');
});

test('where it was asked for, a wrong output is recorded and thrown, and a right one is read', async () => {
  const run = (output: unknown) =>
    agent('billing', () => recordOutput(invoice, output, { validate: 'throw' }));
  const read = run({ total: 3 });
  expectTypeOf(read).toEqualTypeOf<{ total: number; currency: string }>();
  expect(read).toEqual({ total: 3, currency: 'EUR' });
  expect(() => run({})).toThrow(OutputValidationError);
  expect(() => run({})).toThrow(/^the output does not follow invoice\/v2: \/total /);
  const spans = await recorder.spans();
  expect(spans.map(({ attributes }) => attributes['spanledger.output.valid'])).toEqual([true, false, false]);
  expect(spans[1]?.attributes['error.type']).toBe('OutputValidationError');
});

test('an agent that names its schema has what it gives checked, also where that is JSON text', async () => {
  agent({ name: 'a', outputSchema: invoice }, () => ({ total: 1 }));
  await agent({ name: 'b', outputSchema: invoice }, () => Promise.resolve('{"total":"1"}'));
  agent({ name: 'c', outputSchema: invoice }, (run) => {
    run.setOutput({ total: 2 });
    return 'something else';
  });
  agent({ name: 'd', outputSchema: 'invoice/v2' }, () => 'anything');
  const spans = await recorder.spans();
  expect(spans.map(({ attributes }) => attributes['spanledger.output.schema'])).toEqual(
    Array.from({ length: 4 }, () => 'invoice/v2'),
  );
  expect(spans.map(({ attributes }) => attributes['spanledger.output.valid'])).toEqual([
    true,
    false,
    true,
    undefined,
  ]);
});

test('a schema that answers with a promise is checked where it can be waited for, else by the collector', async () => {
  const slow = outputSchema(
    'slow/v1',
    z.object({ id: z.string().refine((id) => Promise.resolve(id !== 'bad')) }),
  );
  expect((await checkOutput(slow, { id: 'good' })).isValid).toBe(true);
  expect((await checkOutput(slow, { id: 'bad' })).isValid).toBe(false);
  agent('a', () => recordOutput(slow, { id: 'bad' }));
  const { attributes } = await recorder.span('invoke_agent a');
  expect(attributes['spanledger.output.schema']).toBe('slow/v1');
  expect(attributes).not.toHaveProperty('spanledger.output.valid');
  expect(() => recordOutput(slow, { id: 'x' }, { validate: 'throw' })).toThrow(/await checkOutput/);
});

test('a schema that fails itself harms nobody', async () => {
  const broken: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => {
        throw new Error('broken');
      },
    },
  };
  expect(agent('a', () => recordOutput(outputSchema('broken/v1', broken), 'x'))).toBe('x');
  expect((await recorder.span('invoke_agent a')).attributes['spanledger.output.schema']).toBe('broken/v1');
});

test('without init outputs are checked where that was asked for, and go back as they are', async () => {
  await recorder.stop();
  expect(recordOutput(triageV1, TRIAGE)).toBe(TRIAGE);
  expect(() => recordOutput(invoice, {}, { validate: 'throw' })).toThrow(OutputValidationError);
});
