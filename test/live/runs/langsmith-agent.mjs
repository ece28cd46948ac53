import OpenAI from 'openai';
import { initializeOTEL } from 'langsmith/experimental/otel/setup';
import { Client } from 'langsmith';
import { traceable } from 'langsmith/traceable';
import { wrapOpenAI } from 'langsmith/wrappers';
import { askWithTool, embed, failCall, functionTool } from '../chat-steps.mjs';
import { MODEL_URL, expectFailure } from '../tracing.mjs';

const { DEFAULT_LANGSMITH_SPAN_PROCESSOR: processor } = initializeOTEL();
const client = wrapOpenAI(new OpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1`, maxRetries: 0 }), {
  metadata: { purpose: 'live' },
  tags: ['live'],
});

const lookUpParcel = traceable(({ parcel }) => Promise.resolve({ parcel, at: 'Oslo' }), {
  name: 'look_up_parcel',
  run_type: 'tool',
});
const findArticles = traceable(
  async (query) => {
    await embed(client, [query]);
    return [{ page_content: 'Parcels take 3 days.', type: 'Document', metadata: { title: 'Parcels' } }];
  },
  { name: 'find_articles', run_type: 'retriever' },
);
const fillPrompt = traceable((values) => `Answer about ${values.topic}.`, {
  name: 'fill_prompt',
  run_type: 'prompt',
});
const parseAnswer = traceable((text) => ({ text }), { name: 'parse_answer', run_type: 'parser' });
const notify = traceable(
  () => {
    throw new Error('smtp unreachable');
  },
  { name: 'notify', run_type: 'tool' },
);

const parcelAgent = traceable(
  async (question) => {
    const system = await fillPrompt({ topic: 'parcels' });
    const text = await askWithTool(client, {
      system,
      question,
      tool: functionTool('look_up_parcel', 'Where a parcel is', 'parcel'),
      execute: lookUpParcel,
    });
    await findArticles('parcel times');
    await failCall(client);
    await expectFailure(() => notify({ channel: 'mail' }));
    return parseAnswer(text);
  },
  {
    name: 'parcel_agent',
    run_type: 'chain',
    tags: ['parcels'],
    metadata: { session_id: 'session-12', user_id: 'user-12', ls_agent_type: 'root' },
  },
);

await parcelAgent('Where is parcel 5?');
await new Client().awaitPendingTraceBatches();
await processor.forceFlush();
await processor.shutdown();
