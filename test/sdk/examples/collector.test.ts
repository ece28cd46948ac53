import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCollector, type TestCollector } from '../../support/collector.js';
import { startAnsweringFront, type AnsweringFront } from './answering-front.js';
import { createExamplesFolder, type ExamplesFolder } from './examples-folder.js';

let examples: ExamplesFolder;
let collector: TestCollector;
let front: AnsweringFront;
beforeAll(async () => {
  examples = createExamplesFolder();
  collector = await startTestCollector();
  front = await startAnsweringFront(collector.url);
});
afterAll(async () => {
  await front.close();
  await collector.close();
  examples.remove();
});

type Row = Record<string, unknown>;
interface Page {
  data: Row[];
}

const listTraces = async (service: string) =>
  (await collector.get<Page>(`/api/v1/traces?service=${service}`)).data;
const listExecutions = async (traceId: unknown) =>
  (await collector.get<Page>(`/api/v1/executions?trace_id=${String(traceId)}`)).data;
const listSpans = async (traceId: unknown) =>
  (await collector.get<Page>(`/api/v1/traces/${String(traceId)}/spans?payloads=full`)).data;

/** Runs an example and gives the one trace that it left. */
async function runOnce(example: string, service: string): Promise<Row> {
  await examples.run(example, front.url);
  const found = await listTraces(service);
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

const said = (role: string, content: string) => [{ role, parts: [{ type: 'text', content }] }];

test('PRINT', async () => {
  for (const [example, service] of Object.entries({
    'plain-agent': 'weather',
    'multi-agent': 'support',
    'streaming-chat': 'chat',
    'plan-execution': 'research',
    'human-checkpoint': 'newsroom',
    'agent-question': 'team',
    'serverless-handler': 'api',
    'beside-node-sdk': 'shop',
    'beside-another-vendor': 'assistant',
  })) {
    await examples.run(example, front.url);
    for (const row of await listTraces(service)) {
      console.log(example, JSON.stringify(row, null, 1).replaceAll('\n', ''));
      console.log(
        JSON.stringify(
          (await listExecutions(row['trace_id'])).map((e) => [
            e['agent_name'],
            e['status'],
            e['parent_execution_id'],
            e['case_id'],
            e['workflow_id'],
            e['input_tokens'],
            e['conversation_id'],
          ]),
        ),
      );
      if (example === 'plan-execution') console.log(JSON.stringify((await listSpans(row['trace_id']))[1]));
      if (example === 'plan-execution')
        console.log(JSON.stringify((await listExecutions(row['trace_id']))[0]));
    }
  }
});
void [runOnce, said];
