import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import { BaseRetriever } from '@langchain/core/retrievers';
import * as callbackManager from '@langchain/core/callbacks/manager';
import { Document } from '@langchain/core/documents';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { createAgent } from 'langchain';
import { z } from 'zod';
import { MODEL } from '../chat-steps.mjs';
import { MODEL_URL, expectFailure, startTracing } from '../tracing.mjs';

const provider = startTracing('math-service', { encoding: 'json' });
const instrumentation = new LangChainInstrumentation();
instrumentation.setTracerProvider(provider);
instrumentation.manuallyInstrument(callbackManager);

const options = { apiKey: 'test', maxRetries: 0, configuration: { baseURL: `${MODEL_URL}/v1` } };
const model = new ChatOpenAI({ ...options, model: MODEL, temperature: 0.2, streamUsage: true });

const multiply = tool(({ left, right }) => String(left * right), {
  name: 'multiply',
  description: 'Multiplies two numbers',
  schema: z.object({ left: z.number(), right: z.number() }),
});
const saveResult = tool(
  () => {
    throw new Error('database is locked');
  },
  { name: 'save_result', description: 'Saves a result', schema: z.object({ value: z.number() }) },
);

class Articles extends BaseRetriever {
  lc_namespace = ['live'];
  async _getRelevantDocuments(query) {
    await new OpenAIEmbeddings({ ...options, model: 'text-embedding-3-small' }).embedQuery(query);
    return [
      new Document({ pageContent: 'Multiplication is repeated addition.', metadata: { source: 'book' } }),
    ];
  }
}

const agent = createAgent({
  model,
  tools: [multiply, saveResult],
  systemPrompt: 'You calculate.',
  name: 'math_agent',
});
const config = {
  metadata: { session_id: 'session-16', user_id: 'user-16' },
  tags: ['live'],
};
await agent.invoke({ messages: [{ role: 'user', content: 'What is 6 times 7?' }] }, config);
await new Articles().invoke('multiplication', config);
const stream = await model.stream('Say goodbye.', config);
for await (const chunk of stream) void chunk;
await agent.invoke({ messages: [{ role: 'user', content: 'Save the result 42.' }] }, config);
await expectFailure(() => model.invoke('Are you there?', config));
await provider.forceFlush();
await provider.shutdown();
