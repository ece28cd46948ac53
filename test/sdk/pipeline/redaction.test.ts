import { resourceFromAttributes } from '@opentelemetry/resources';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor, REDACTED, REDACTION_FAILED } from '../../../src/pipeline/redaction.js';
import { isCardNumber } from '../../../src/pipeline/secret-patterns.js';
import { createSpanTransform } from '../../../src/pipeline/span-transform.js';
import { createEndedSpan } from '../../support/sdk-spans.js';

const ATTRIBUTE = { place: 'attribute', key: 'note' } as const;
const redact = (text: string): string => createRedactor().redactText(text, ATTRIBUTE);

/** Made up, in the issuers' forms. Put together at run time, so that scanners of repositories don't take them for real. */
const join = (...parts: string[]): string => parts.join('');
const SECRETS: Record<string, string> = {
  'an OpenAI key': join('sk-', 'proj-', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4'),
  'an Anthropic key': join('sk-', 'ant-api03-', 'Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0'),
  'a Groq key': join('gsk', '_', 'aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY'),
  'a Hugging Face token': join('hf', '_', 'aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH'),
  'an AWS access key id': join('AKIA', 'IOSFODNN7EXAMPLE'),
  'a GitHub token': join('ghp', '_', '16C7e42F292c6912E7710c838347Ae178B4a'),
  'a fine-grained GitHub token': join('github', '_pat_', '11ABCDEFG0abcdefghijkl_mnopqrstuv'),
  'a GitLab token': join('glpat', '-', 'abcdEFGH1234ijklMNOP'),
  'a Slack token': join('xox', 'b-', '123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx'),
  'a Google key': join('AIza', 'SyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v'),
  'a Stripe key': join('sk', '_live_', '4eC39HqLyjWDarjtT1zdp7dc'),
  'an npm token': join('npm', '_', 'aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789'),
  'a JWT': join('eyJhbGciOiJIUzI1NiJ9', '.', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', '.', 'dozjgNryP4J3jVmNHl0w5N'),
  'a card number': '4242 4242 4242 4242',
};
const PEM = join(
  '-----BEGIN RSA ',
  'PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc/def+123==\n-----END RSA PRIVATE KEY-----',
);

test.each(Object.entries(SECRETS))('%s is taken out of a sentence, which stays', (_name, secret) => {
  const text = redact(`use ${secret} for this`);
  expect(text).not.toContain(secret);
  expect(text).toMatch(/^use \[REDACTED:[a-z-]+\] for this$/);
});

test.each([
  ['Authorization: Bearer abc123def456ghi789', 'abc123def456ghi789'],
  ['postgres://app:hunter2@db.local:5432/app', 'hunter2'],
  ['https://bucket.s3/x?X-Amz-Signature=deadbeef1234&y=1', 'deadbeef1234'],
  ['DB_PASSWORD=correcthorse', 'correcthorse'],
  ['password: "tr0ub4dor&3"', 'tr0ub4dor'],
  [`key:\n${PEM}\nend`, 'MIIEowIBAAKCAQEA'],
  [join('https://hooks.slack.', 'com/services/T0001/B0001/XXXXabcdefgh1234'), 'XXXXabcdefgh1234'],
])('a secret in its surroundings goes: %s', (text, secret) => {
  expect(redact(text)).not.toContain(secret);
  expect(redact(text)).toContain('[REDACTED:');
});

test.each([
  'a task-oriented risk-averse desk-bound sentence about tokens, keys and secrets',
  'The password is required. Authentication: basic understanding of OAuth bearer concepts',
  'resp_68a1b2c3d4e5f60718293a4b5c6d7e8f and chatcmpl-9xYzAbCdEfGhIjKlMnOpQrStUv',
  'trace 0af7651916cd43dd8448eb211c80319c took 1767225600000000000 ns, 3.1415926535897932',
  'f47ac10b-58cc-4372-a567-0e02b2c3d479',
  '{"token":"Hello","logprob":-0.1,"max_tokens":4096,"next_page_token":"abc"}',
  'const password = askUser(); const apiKey = config.apiKey;',
  'http://localhost:4318/v1/traces',
  '2026-01-01T00:00:00.000000000Z order 4242424242424243',
])('what only looks like one stays: %s', (text) => {
  expect(redact(text)).toBe(text);
});

test('card numbers are told by issuer and check digit', () => {
  expect(
    ['4242424242424242', '5555-5555-5555-4444', '378282246310005', '6011111111111117'].every(isCardNumber),
  ).toBe(true);
  expect(['4242424242424241', '1234567812345670', '4444444444444444'].some(isCardNumber)).toBe(false);
});

test('JSON keeps its form and its numbers, and secrets go by name too, at any depth and as numbers', () => {
  const inner = JSON.stringify({ password: 'correct horse', user: 'ada' });
  const text = `{"id": 12345678901234567890, "args": ${JSON.stringify(inner)}, "card": 4242424242424242, "accessToken":"xyz"}`;
  const safe = redact(text);
  expect(safe).toContain('"id": 12345678901234567890,');
  const parsed = JSON.parse(safe) as { args: string; card: string; accessToken: string };
  expect(JSON.parse(parsed.args)).toEqual({ password: '[REDACTED:password]', user: 'ada' });
  expect(parsed).toMatchObject({ card: '[REDACTED:card-number]', accessToken: '[REDACTED:accesstoken]' });
});

test('a secret behind escapes, and one in JSON that was cut, is found', () => {
  const key = SECRETS['an OpenAI key'] ?? '';
  const escaped = key.replace(/./g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  expect(JSON.parse(redact(`["${escaped}"]`))).toEqual(['[REDACTED:api-key]']);
  expect(redact(`[{"role":"user","content":"my key is ${key}, and`)).not.toContain(key);
  expect(redact(String.raw`{"a":"{\"api_key\":\"abcdef123456\",\"b`)).not.toContain('abcdef123456');
});

test('wherever a secret is planted in JSON of JSON, it does not come out, and JSON comes out', () => {
  const secret = fc.constantFrom(...Object.values(SECRETS));
  const leaf = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true }),
    secret.map((planted) => `before ${planted} after`),
  );
  const json = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.string(), secret), tie('tree'), { maxKeys: 3 }),
      tie('tree').map((value) => JSON.stringify(value)),
    ),
  })).tree;
  fc.assert(
    fc.property(fc.array(json), (value) => {
      const safe = redact(JSON.stringify(value));
      expect(() => {
        JSON.parse(safe);
      }).not.toThrow();
      for (const planted of Object.values(SECRETS)) expect(safe).not.toContain(planted);
    }),
    { numRuns: 300 },
  );
});

test('own patterns count in JSON too, and an own function has the last word', () => {
  const redactor = createRedactor({
    patterns: [/\b\d{3}-\d{2}-\d{4}\b/, /^secret line$/my],
    redact: (text, { key }) => (key === 'drop' ? undefined : text.replace('Ada', 'A.')),
  });
  expect(redactor.redactText('{"ssn":"123-45-6789","who":"Ada"}', ATTRIBUTE)).toBe(
    '{"ssn":"[REDACTED]","who":"A."}',
  );
  expect(redactor.redactText('one\nsecret line\ntwo', ATTRIBUTE)).toBe('one\n[REDACTED]\ntwo');
  expect(redactor.redactText('x', { place: 'attribute', key: 'drop' })).toBe(REDACTED);
  expect(createRedactor({ secrets: false }).redactText(SECRETS['a JWT'] ?? '', ATTRIBUTE)).toBe(
    SECRETS['a JWT'],
  );
});

test('a function that throws costs the text, never the span or the secret', () => {
  const transform = createSpanTransform({
    redaction: {
      redact: () => {
        throw new Error('no');
      },
    },
  });
  const safe = transform(createEndedSpan({ attributes: { text: 'x', count: 3 } }));
  expect(safe.attributes).toEqual({ text: REDACTION_FAILED, count: 3 });
});

test('all texts of a span are gone through, and the span itself stays as it was', () => {
  const secret = SECRETS['a GitHub token'] ?? '';
  const span = createEndedSpan({
    name: `GET /${secret}`,
    attributes: { list: ['a', secret], text: secret, 'http.request.header.cookie': 'a=b', count: 1 },
    events: [
      {
        name: 'exception',
        attributes: { 'exception.message': secret, 'exception.stacktrace': `at ${secret}` },
      },
    ],
    links: [
      {
        context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
        attributes: { text: secret },
      },
    ],
    error: `failed with ${secret}`,
  });
  const before = JSON.stringify([span.attributes, span.events, span.links, span.status]);
  const safe = createRedactor().redactSpan(span);
  expect(JSON.stringify([safe.name, safe.attributes, safe.events, safe.links, safe.status])).not.toContain(
    secret,
  );
  expect(safe.attributes).toMatchObject({
    list: ['a', '[REDACTED:github-token]'],
    'http.request.header.cookie': '[REDACTED:cookie]',
    count: 1,
  });
  expect(safe.spanContext()).toEqual(span.spanContext());
  expect(JSON.stringify([span.attributes, span.events, span.links, span.status])).toBe(before);
});

test('the resource is gone through once, and stays one for all spans', () => {
  const secret = SECRETS['a GitHub token'] ?? '';
  const resource = resourceFromAttributes({ 'process.command_args': ['node', `--key=${secret}`] });
  const transform = createSpanTransform();
  const [first, second] = [1, 2].map(() => transform(createEndedSpan({ resource })));
  expect(first?.resource.attributes['process.command_args']).toEqual([
    'node',
    '--key=[REDACTED:github-token]',
  ]);
  expect(second?.resource).toBe(first?.resource);
});

test('a span without secrets is not copied', () => {
  const span = createEndedSpan({ attributes: { 'gen_ai.request.model': 'gpt-5', n: 1 } });
  expect(createSpanTransform()(span)).toBe(span);
});

const HARD_TEXTS = [
  'sk-',
  'eyJ-',
  'eyJaaaaaaaa.',
  '\\"',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY----- -',
  'http://a:',
  '4 ',
  '4-',
  '11111111111 ',
  'password=',
  'password:  ',
  'Bearer ',
  'Bearer a',
  'xoxb-',
  '?token=',
  'SG.aaaaaaaaaaaaaaaa.',
  '[{"',
];

test.each(HARD_TEXTS)('a long text of %j takes no more than a moment', (unit) => {
  const text = unit.repeat(Math.ceil(200_000 / unit.length));
  const started = performance.now();
  redact(text);
  redact(`["${text}`);
  redact(JSON.stringify([text]));
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('a number and the items of a list are secrets where their key says so, and numbers beside them are not', () => {
  const redactor = createRedactor();
  const redact = (text: string) =>
    redactor.redactText(text, { place: 'attribute', key: 'gen_ai.tool.call.arguments' });
  expect(redact('{"user":"ada","password": 12345678,"age":36}')).toBe(
    '{"user":"ada","password": "[REDACTED:password]","age":36}',
  );
  expect(redact('{"api_key":["first one","second one"],"names":["ada","bob"]}')).toBe(
    '{"api_key":["[REDACTED:api_key]","[REDACTED:api_key]"],"names":["ada","bob"]}',
  );
  expect(redact('{"password":{"length":12},"rules":[1,2]}')).toBe('{"password":{"length":12},"rules":[1,2]}');
});
