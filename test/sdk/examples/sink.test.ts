import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { renderPlainAttributes } from '../../../collector/model/value-json.js';
import { startOtlpServer, type OtlpServer } from '../../support/otlp-server.js';
import { runNode } from '../../support/sdk-child.js';
import { startAnsweringFront, type AnsweringFront } from './answering-front.js';
import { createExamplesFolder, type ExamplesFolder } from './examples-folder.js';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const CLAUDE = 'chat claude-sonnet-4-5';

let examples: ExamplesFolder;
let sink: OtlpServer;
let front: AnsweringFront;
beforeAll(() => {
  examples = createExamplesFolder();
});
afterAll(() => {
  examples.remove();
});
beforeEach(async () => {
  sink = await startOtlpServer();
  front = await startAnsweringFront(sink.url);
});
afterEach(async () => {
  await front.close();
  await sink.close();
});

/** Spans that have ended; announcements of running ones are left out. */
function listEnded() {
  return sink.received
    .flatMap(({ decoded }) => decoded.spans)
    .map((span) => ({ ...span, attributes: renderPlainAttributes(span.attributes) }))
    .filter(({ attributes }) => attributes['spanledger.pending'] === undefined);
}
type EndedSpan = ReturnType<typeof listEnded>[number];

function find(name: string): EndedSpan {
  const found = listEnded().filter((span) => span.name === name);
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} spans are called ${name}`);
  return found[0];
}

/** One line for each span, below the one that it is a part of; siblings by name, since many begin in the same millisecond. */
function renderTree(): string[] {
  const all = listEnded().sort((a, b) => (a.name < b.name ? -1 : 1));
  const ids = new Set(all.map(({ spanId }) => spanId));
  const render = (span: EndedSpan, indent: string): string[] => [
    indent + span.name,
    ...all.filter((one) => one.parentSpanId === span.spanId).flatMap((one) => render(one, `${indent}  `)),
  ];
  const roots = all.filter(({ parentSpanId }) => parentSpanId === null || !ids.has(parentSpanId));
  return roots.flatMap((root) => render(root, ''));
}

const TURN = ['invoke_agent assistant', '  chat gpt-4o'];
const STEP = [`      ${CLAUDE}`, '      context.set', '      log.added', '      log.added'];

/** By example, what it prints and the spans that it leaves. */
const EXPECTED: Record<string, { printed: string | RegExp; tree: string[] }> = {
  'plain-agent': {
    printed: 'It is clear, 24 °C.\n',
    tree: ['invoke_agent weather agent', '  chat gpt-4o', '  chat gpt-4o', '  execute_tool get_weather'],
  },
  'multi-agent': {
    printed: 'One of the two charges is refunded.\n',
    tree: [
      'invoke_workflow support',
      '  invoke_agent front desk',
      '    chat gpt-4o-mini',
      '    execute_tool transfer_to_billing',
      '      invoke_agent billing',
      '        chat gpt-4o',
      '        execute_tool list_charges',
    ],
  },
  'streaming-chat': { printed: 'Luís de Camões.\nIn 1572.\n', tree: [...TURN, ...TURN] },
  'plan-execution': {
    printed: 'Apache-2.0.\n',
    tree: [
      'invoke_agent researcher',
      `  ${CLAUDE}`,
      '  context.set',
      '  plan research',
      '    Compare the licenses',
      ...STEP,
      '    Read the dependencies',
      ...STEP,
      '    Recommend one',
      ...STEP,
      '    plan.created',
      ...Array<string>(4).fill('    plan.updated'),
    ],
  },
  'human-checkpoint': {
    printed: 'published: Version 1.0 is here.\n',
    tree: [
      'invoke_agent writer',
      '  artifact.stored',
      '  chat gpt-4o',
      '  chat gpt-4o',
      '  checkpoint.requested',
      '  execute_tool publish',
    ],
  },
  'agent-question': {
    printed: 'We use it as told: Postgres.\n',
    tree: [
      'invoke_agent developer',
      '  conversation.asked',
      'question to tech_lead',
      '  conversation.acknowledged',
      '  conversation.answered',
      '  invoke_agent lead',
      '    chat gpt-4o',
    ],
  },
  'serverless-handler': {
    printed: '{"answer":"You asked: Who are you?"}\n',
    tree: ['invoke_agent answerer', '  chat gpt-4o-mini'],
  },
  'beside-node-sdk': {
    printed: /name: 'SELECT books'[^]*name: 'chat gpt-4o-mini'[^]*name: 'GET \/recommendations'/,
    tree: [
      'GET /recommendations',
      '  invoke_agent recommender',
      '    chat gpt-4o-mini',
      '      SELECT books',
    ],
  },
  'beside-another-vendor': {
    printed: /^vendor: chat gpt-4o-mini .*\nvendor: invoke_agent assistant .*\nvendor: shut down\n$/,
    tree: ['invoke_agent assistant', '  chat gpt-4o-mini'],
  },
};

test.each(Object.entries(EXPECTED))('%s leaves its spans in any OTLP receiver', async (name, expected) => {
  const printed = await examples.run(name, front.url);
  if (typeof expected.printed === 'string') expect(printed).toBe(expected.printed);
  else expect(printed).toMatch(expected.printed);
  expect(renderTree()).toEqual(expected.tree);
});

test('every example is run here, and stands in the list of examples', () => {
  const names = readdirSync(EXAMPLES).flatMap((file) => /^(.+)\.mjs$/.exec(file)?.[1] ?? []);
  expect(names).toEqual(Object.keys(EXPECTED).sort());
  const list = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8');
  const listed = [...list.matchAll(/\]\(([\w-]+)\.mjs\)/g)].map(([, name]) => name);
  expect(listed.sort()).toEqual(names);
});

test('streamed answers are read to their end before their spans end', async () => {
  await examples.run('streaming-chat', front.url);
  const ended = listEnded();
  const turn = ['chat gpt-4o', 'invoke_agent assistant'];
  expect(ended.map(({ name }) => name)).toEqual([...turn, ...turn]);
  const chats = ended.filter(({ name }) => name === 'chat gpt-4o').map(({ attributes }) => attributes);
  expect(chats.map((attributes) => attributes['gen_ai.output.messages'])).toEqual(
    ['Luís de Camões.', 'In 1572.'].map((content) =>
      JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content }] }]),
    ),
  );
  for (const attributes of chats) {
    expect(attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.conversation.id': 'chat-1',
    });
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
  }
});

test('what a person rejects is not published', async () => {
  front.decision = { status: 'rejected', feedback: 'not before Friday', reviewed_by: 'ada' };
  expect(await examples.run('human-checkpoint', front.url)).toBe('not published: not before Friday\n');
  expect(listEnded().map(({ name }) => name)).not.toContain('execute_tool publish');
});

test('a serverless platform may stop the process as soon as it has the answer', async () => {
  examples.add('serverless-handler');
  const platform = path.join(examples.path, 'platform.mjs');
  writeFileSync(
    platform,
    `import { handler } from './serverless-handler.mjs';
     const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
     await handler({ headers: { traceparent }, body: '{"question":"Who?"}' });
     process.kill(process.pid, 'SIGKILL');`,
  );
  const end = await runNode(platform, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url } });
  expect(end).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  expect(find('chat gpt-4o-mini').traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(find('invoke_agent answerer').parentSpanId).toBe('b7ad6b7169203331');
});

test("another vendor's processor sees spans as they were, and secrets are redacted in ours", async () => {
  const printed = await examples.run('beside-another-vendor', front.url);
  expect(printed).toContain('sk-proj-abc');
  const sent = find('invoke_agent assistant').attributes['gen_ai.input.messages'];
  expect(sent).toContain('My key is [REDACTED:api-key]');
});
