import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { embedMany, generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { MODEL } from '../chat-steps.mjs';
import { CLAUDE } from '../message-steps.mjs';
import { MODEL_URL, expectFailure, startTracing } from '../tracing.mjs';

const provider = startTracing('trip-service');
const openai = createOpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1` });
const anthropic = createAnthropic({ apiKey: 'test', baseURL: `${MODEL_URL}/v1` });
/** Applications name the session and the user in these ways; the SDK has no names of its own for them. */
const telemetry = (functionId, session = 'sessionId', user = 'userId') => ({
  isEnabled: true,
  functionId,
  metadata: { [session]: 'session-18', [user]: 'user-18', tenant: 'acme' },
});
const cityTool = (description, execute) =>
  tool({
    description,
    inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }),
    execute,
  });

await generateText({
  model: openai.responses('gpt-5-mini'),
  system: 'You plan trips.',
  prompt: 'Plan a day in Bergen.',
  stopWhen: stepCountIs(4),
  tools: {
    getWeather: cityTool('Weather of a city', ({ city }) => Promise.resolve(`rain in ${city}`)),
    bookSeat: cityTool('Books a seat', () => Promise.reject(new Error('no seats left'))),
  },
  providerOptions: { openai: { reasoningSummary: 'auto' } },
  experimental_telemetry: telemetry('plan-trip'),
});
const stream = streamText({
  model: anthropic(CLAUDE),
  prompt: 'Sum the plan up.',
  providerOptions: { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } },
  experimental_telemetry: telemetry('sum-up', 'session_id', 'user_id'),
});
for await (const part of stream.textStream) void part;
await embedMany({
  model: openai.embedding('text-embedding-3-small'),
  values: ['rain', 'sun'],
  experimental_telemetry: telemetry('index'),
});
await generateObject({
  model: openai.chat(MODEL),
  schema: jsonSchema({ type: 'object', properties: { days: { type: 'number' } }, required: ['days'] }),
  prompt: 'How many days?',
  experimental_telemetry: telemetry('count-days', 'chatId'),
});
// Retried once: two attempts of one operation.
await expectFailure(() =>
  generateText({
    model: openai.chat(MODEL),
    prompt: 'Are you there?',
    maxRetries: 1,
    experimental_telemetry: telemetry('ping'),
  }),
);
await provider.forceFlush();
await provider.shutdown();
