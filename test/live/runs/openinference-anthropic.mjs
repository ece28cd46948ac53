import { AnthropicInstrumentation } from '@arizeai/openinference-instrumentation-anthropic';
import { setSession, setUser } from '@arizeai/openinference-core';
import { context } from '@opentelemetry/api';
import Anthropic from '@anthropic-ai/sdk';
import { CLAUDE, thinkWithTool } from '../message-steps.mjs';
import { MODEL_URL, expectFailure, startTracing } from '../tracing.mjs';

const provider = startTracing('review-service', { encoding: 'json' });
const instrumentation = new AnthropicInstrumentation();
instrumentation.setTracerProvider(provider);
instrumentation.manuallyInstrument(Anthropic);
const client = new Anthropic({ apiKey: 'test', baseURL: MODEL_URL, maxRetries: 0 });

const told = setUser(setSession(context.active(), { sessionId: 'session-15' }), { userId: 'user-15' });
await context.with(told, async () => {
  await thinkWithTool(client, ({ claim }) => Promise.resolve({ claim, state: 'open' }));
  await expectFailure(() =>
    client.messages.create({
      model: CLAUDE,
      max_tokens: 64,
      messages: [{ role: 'user', content: 'Are you there?' }],
    }),
  );
});
await provider.forceFlush();
await provider.shutdown();
