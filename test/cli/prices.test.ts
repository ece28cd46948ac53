import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../collector/cli/main.js';
import type { SpanExplanation } from '../../collector/contract/explanation-shapes.js';
import type { Price, PriceQuote, UnpricedModel } from '../../collector/contract/price-shapes.js';
import type { Rerun } from '../../collector/contract/rerun-shapes.js';
import type { Span } from '../../collector/contract/shapes.js';
import { sendCalls, type SentIds } from '../api/sent-calls.js';
import type { Page } from '../support/answers.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { createTestIo } from './test-io.js';

let collector: TestCollector;
let sent: SentIds;

beforeAll(async () => {
  collector = await startTestCollector();
  const [ids] = await sendCalls(collector.url, [
    {
      model: 'house-7b',
      inputTokens: 2_000_000,
      outputTokens: 1000,
      attributes: {
        'gen_ai.input.messages': { stringValue: '[{"role":"user","parts":[{"ty' },
        'house.colour': { stringValue: 'red' },
      },
    },
  ]);
  if (ids === undefined) throw new Error('nothing was sent');
  sent = ids;
});

afterAll(async () => {
  await collector.close();
});

async function run(args: string[], answer?: boolean) {
  const io = createTestIo({ SPANLEDGER_URL: collector.url }, answer);
  const exitCode = await main(args, io);
  return { exitCode, out: io.out(), err: io.err() };
}

async function runJson<Answer>(...args: string[]): Promise<Answer> {
  const { exitCode, out, err } = await run([...args, '--json']);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return JSON.parse(out) as Answer;
}

async function readCost(): Promise<number | null> {
  return (await collector.get<Span>(`/api/v1/spans/${sent.traceId}/${sent.spanId}`)).cost_usd;
}

describe('prices set', () => {
  test('adds a price with tiers, and set again replaces it', async () => {
    const args = ['prices', 'set', 'tiered', '--provider', 'openai', '--from', '2026-01-01'];
    const first = await runJson<Price>(
      ...args,
      ...['--input', '2.50', '--cache-write-5m', '3.125', '--output', '10'],
      ...['--tier', 'above=200000,input=5,output=20', '--tier', 'service_tier=Batch,input=1.25'],
      ...['--note', 'contract 17'],
    );
    expect(first).toMatchObject({
      pattern: 'tiered',
      provider: 'openai',
      valid_from: '2026-01-01T00:00:00.000Z',
      rates: { input: '2.5', cache_write_5m: '3.125', output: '10' },
      tiers: [
        { above_input_tokens: 200_000, service_tier: null, rates: { input: '5', output: '20' } },
        { above_input_tokens: null, service_tier: 'batch', rates: { input: '1.25' } },
      ],
      note: 'contract 17',
    });
    const second = await runJson<Price>(...args, '--input', '3', '--output', '10');
    expect(second).toMatchObject({ id: first.id, rates: { input: '3', output: '10' }, tiers: [] });
    const other = await runJson<Price>('prices', 'set', 'tiered', '--input', '4', '--output', '10');
    expect(other.id).not.toBe(first.id);
    const { data } = await runJson<Page<Price>>('prices', 'list', '--pattern', 'tiered');
    expect(data.map(({ id }) => id).sort()).toEqual([first.id, other.id].sort());
    expect((await run(['prices'])).out).toMatch(
      /^[0-9a-f-]{36} +tiered +openai +2026-01-01 +in \$3, out \$10 per 1M$/m,
    );
    expect((await run(['prices', 'rm', other.id])).out).toBe('Deleted the price for tiered.\n');
    expect((await run(['prices', 'rm', other.id])).exitCode).toBe(3);
  });

  test.each([
    [['prices', 'set', 'x'], /a price must have at least one rate, such as --input 2\.5/],
    [['prices', 'set', 'x', '--cache-read', 'cheap'], /--cache-read must be a decimal number/],
    [['prices', 'set', 'x', '--input', '-1'], /--input must be a decimal number/],
    [['prices', 'set', 'x', '--input', '1', '--unit', 'per_page'], /per_million_tokens/],
    [['prices', 'set', 'x', '--input', '1', '--from', 'soon'], /RFC 3339, a day/],
    [
      ['prices', 'set', 'x', '--input', '1', '--from', '2026-02-01', '--to', '2026-01-01'],
      /--to must be later than --from/,
    ],
    [['prices', 'set', 'x', '--input', '1', '--tier', 'above=many,input=1'], /above or service_tier/],
    [
      ['prices', 'set', 'x', '--input', '1', '--tier', 'input=1'],
      /--tier must name above=TOKENS or service_tier=NAME/,
    ],
    [
      ['prices', 'set', 'x', '--input', '1', '--tier', 'above=9'],
      /--tier must have at least one rate, such as input/,
    ],
    [['prices', 'set', 'x', '--input', '1', '--tier', 'above=9,input=a'], /--tier input must be a decimal/],
    [['prices', 'rm', 'nope'], /"nope" is no id of a price: it is a UUID/],
    [['reproject', '--cancel', 'nope'], /"nope" is no id of a rerun/],
    [
      ['prices', 'show', 'x', '--input-tokens', '10', '--cached-input-tokens', '20'],
      /--cached-input-tokens was given "20": must not be more than --input-tokens/,
    ],
    [['prices', 'show', 'x', '--at', 'soon'], /--at was given "soon": it takes RFC 3339, a day/],
    [['traces', 'list', '--from', '2026-02-31'], /--from was given .* a day/],
    [['prices', 'show', 'x', '--input-tokens', 'many'], /--input-tokens was given "many"/],
    [['explain', 'latest', 'nope'], /"nope" is no id of a span or a log record/],
    [['reproject', '--since', 'nope'], /RFC 3339, a day/],
  ])('%j is a usage error that names the option', async (args, line) => {
    const { exitCode, out, err } = await run(args);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(line);
    expect(err.trimEnd()).not.toContain('\n');
  });
});

test('prices set shows all that was set, and warns of calls that will have no price', async () => {
  const { exitCode, out, err } = await run([
    ...['prices', 'set', 'half', '--input', '2', '--from', '2026-01-02', '--note', 'contract 18'],
    ...['--tier', 'service_tier=batch,input=1'],
  ]);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^ +from +2026-01-02$/m);
  expect(out).toMatch(/^ +batch +in \$1 per 1M$/m);
  expect(out).toMatch(/^ +note +contract 18$/m);
  expect(err).toMatch(/^spanledger: without --output, calls with output tokens will have no price/);
  const whole = await run(['prices', 'set', 'half', '--input', '2', '--output', '0']);
  expect(whole.err).toBe('');
});

test('a day is midnight in UTC wherever a time is taken', async () => {
  const quote = await runJson<PriceQuote>('prices', 'show', 'gpt-4o', '--at', '2026-01-02');
  expect(quote.at).toBe('2026-01-02T00:00:00.000Z');
  const { data } = await runJson<Page<UnpricedModel>>('prices', 'missing', '--to', '2026-01-02');
  expect(data).toEqual([]);
});

test('prices show says what a call costs and which price says so', async () => {
  await runJson('prices', 'set', 'shown', '--input', '0.1', '--cache-read', '0.01', '--output', '0.7');
  const args = ['prices', 'show', 'shown', '--input-tokens', '1000', '--cached-input-tokens', '400'];
  const quote = await runJson<PriceQuote>(...args, '--output-tokens', '10');
  expect(quote.cost_usd).toBe(0.000071);
  const { out } = await run([...args, '--output-tokens', '10']);
  expect(out).toMatch(/^ +cost +\$0\.000071$/m);
  expect(out).toMatch(/^cache read +400 +\$0\.01 +\$0\.000004$/m);
  const unknown = (await run(['prices', 'show', 'nobody-knows-this'])).out;
  expect(unknown).toMatch(/^ +cost +unpriced$/m);
  expect(unknown).toContain('Add a price for it.');
});

describe('a model without a price', () => {
  test('is listed as missing and shown as unpriced, never as $0', async () => {
    const { data } = await runJson<Page<UnpricedModel>>('prices', 'missing');
    expect(data).toMatchObject([{ model: 'house-7b', reason: 'unknown_model', calls: 1 }]);
    expect((await run(['prices', 'missing'])).out).toMatch(/^house-7b +– +unknown_model +1 +2\.0M/m);
    const { out } = await run(['traces', 'show', sent.traceId, '--summary']);
    expect(out).toMatch(/^llm house-7b .* unpriced$/m);
    expect(out).toMatch(/^ +cost +unpriced$/m);
    expect(out).not.toContain('$0');
  });

  test('is not priced anew unasked: a pipe needs --yes', async () => {
    await runJson('prices', 'set', 'house-*', '--input', '0.5', '--output', '0');
    const { exitCode, out, err } = await run(['prices', 'recompute']);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(/--dry-run .* --yes/);
    expect(await readCost()).toBeNull();
  });

  test('is priced anew by whoever says yes to what would change', async () => {
    const dry = await runJson<Rerun>('prices', 'recompute', '--since', '1d', '--dry-run');
    expect(dry).toMatchObject({ dry_run: true, status: 'completed', spans_changed: 1 });
    const refused = await run(['prices', 'recompute'], false);
    expect(refused.exitCode).toBe(0);
    expect(refused.out).toMatch(
      /^\d+ traces? and \d+ spans? (and|or) log records? looked at, 1 span or log record in 1 trace would change\.$/m,
    );
    expect(refused.out).toMatch(/^cost +unpriced +\$1$/m);
    expect(await readCost()).toBeNull();
    const agreed = await run(['prices', 'recompute'], true);
    expect(agreed.out).toContain('1 span or log record in 1 trace changed.');
    expect(await readCost()).toBe(1);
    expect((await run(['prices', 'recompute'], true)).out).toContain('nothing would change.');
    expect((await runJson<Rerun>('prices', 'recompute', '--yes')).spans_changed).toBe(0);
  });
});

describe('reproject', () => {
  test('says what it looked at, and shows a rerun again by its id', async () => {
    const rerun = await runJson<Rerun>('reproject', '--since', '1d');
    expect(rerun).toMatchObject({ kind: 'reproject', dry_run: false, status: 'completed', spans_changed: 0 });
    expect(await runJson<Rerun>('reproject', '--resume', rerun.id)).toEqual(rerun);
    expect((await run(['reproject', '--resume', rerun.id])).out).toMatch(/looked at, nothing changed\.\n$/);
    expect((await run(['reproject', '--cancel', rerun.id])).exitCode).toBe(0);
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect((await run(['reproject', '--resume', unknown])).exitCode).toBe(3);
  });

  test('asked to stop leaves the rerun to the server and says how to see it again', async () => {
    const io = createTestIo({ SPANLEDGER_URL: collector.url });
    io.stop();
    expect(await main(['reproject', '--json'], io)).toBe(0);
    const rerun = JSON.parse(io.out()) as Rerun;
    if (rerun.completed_at === null) expect(io.err()).toContain(`spanledger reproject --resume ${rerun.id}`);
    const ended = await runJson<Rerun>('reproject', '--resume', rerun.id);
    expect(ended).toMatchObject({ id: rerun.id, status: 'completed' });
  });
});

test('explain leads from a span to its attributes, its counting and its price', async () => {
  const explanation = await runJson<SpanExplanation>('explain', sent.traceId, sent.spanId);
  expect(explanation).toMatchObject({ span_id: sent.spanId, unmapped: ['house.colour'] });
  const { out } = await run(['explain', 'latest', sent.spanId.toUpperCase()]);
  expect(out).toMatch(/^request_model +house-7b +otel-genai +gen_ai\.request\.model$/m);
  expect(out).toMatch(/^ {2}house\.colour$/m);
  expect(out).toMatch(/^ +counted +yes$/m);
  expect((await run(['explain', sent.traceId, '0123456789abcdef'])).exitCode).toBe(3);
  const listed = (await run(['explain', sent.traceId.slice(0, 12)])).out;
  expect(listed).toMatch(new RegExp(`^llm house-7b .* ${sent.spanId}$`, 'm'));
  const begun = await run(['explain', `${sent.traceId.slice(0, 12)}…`, sent.spanId.slice(0, 5)]);
  expect(begun.out).toBe(out);
});

test('issues are summed up with advice, and listed one by one on demand', async () => {
  const { out } = await run(['issues']);
  expect(out).toMatch(/^ATTRIBUTE_JSON_INVALID +desk +test +1 /m);
  expect(out).toContain('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT');
  const { out: listed } = await run(['issues', '--list', '--service', 'desk']);
  expect(listed).toMatch(
    new RegExp(`ATTRIBUTE_JSON_INVALID +desk +gen_ai\\.input\\.messages +${sent.traceId}`),
  );
  expect((await run(['issues', '--service', 'nobody'])).out).toBe('No ingest issues.\n');
  expect((await run(['issues', '--code', 'NONE'])).out).toBe(
    'No ingest issue has the code NONE; there are ATTRIBUTE_JSON_INVALID.\n',
  );
  expect(await runJson('issues', '--code', 'NONE')).toEqual({ data: [] });
});
