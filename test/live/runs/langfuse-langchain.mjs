import { CallbackHandler } from '@langfuse/langchain';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { createAgent } from 'langchain';
import { z } from 'zod';
import { MODEL } from '../chat-steps.mjs';
import { COLLECTOR_URL, MODEL_URL, expectFailure } from '../tracing.mjs';

const provider = new NodeTracerProvider({
  spanProcessors: [
    new LangfuseSpanProcessor({ publicKey: 'pk-lf-live', secretKey: 'sk-lf-live', baseUrl: COLLECTOR_URL }),
  ],
});
provider.register();

const model = new ChatOpenAI({
  apiKey: 'test',
  model: MODEL,
  maxRetries: 0,
  configuration: { baseURL: `${MODEL_URL}/v1` },
});
const multiply = tool(({ left, right }) => String(left * right), {
  name: 'multiply',
  description: 'Multiplies two numbers',
  schema: z.object({ left: z.number(), right: z.number() }),
});
const agent = createAgent({
  model,
  tools: [multiply],
  systemPrompt: 'You calculate.',
  name: 'calculator',
});
const config = {
  callbacks: [new CallbackHandler({ tags: ['live'] })],
  metadata: { langfuseSessionId: 'session-24', langfuseUserId: 'user-24', thread_id: 'session-24' },
};
await agent.invoke({ messages: [{ role: 'user', content: 'What is 6 times 7?' }] }, config);
const stream = await model.stream('Say goodbye.', config);
for await (const chunk of stream) void chunk;
await expectFailure(() => model.invoke('Are you there?', config));
await provider.forceFlush();
await provider.shutdown();
