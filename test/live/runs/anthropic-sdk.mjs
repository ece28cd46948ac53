import Anthropic from '@anthropic-ai/sdk';
import { CLAUDE, thinkWithTool } from '../message-steps.mjs';
import { MODEL_URL, expectFailure, startTracing } from '../tracing.mjs';

// The SDK makes its own spans as soon as a tracer provider is registered.
const provider = startTracing('review-service');
const client = new Anthropic({ apiKey: 'test', baseURL: MODEL_URL, maxRetries: 0 });

await thinkWithTool(client, ({ claim }) => Promise.resolve({ claim, state: 'open' }));
await expectFailure(() =>
  client.messages.create({
    model: CLAUDE,
    max_tokens: 64,
    messages: [{ role: 'user', content: 'Are you there?' }],
  }),
);
await provider.forceFlush();
await provider.shutdown();
