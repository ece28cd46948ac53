import { OpenAIAgentsInstrumentation } from '@arizeai/openinference-instrumentation-openai-agents';
import * as agents from '@openai/agents';
import { setSession, setUser } from '@arizeai/openinference-core';
import { context } from '@opentelemetry/api';
import OpenAI from 'openai';
import { z } from 'zod';
import { MODEL_URL, expectFailure, startTracing } from '../tracing.mjs';

const { Agent, OpenAIProvider, Runner, getGlobalTraceProvider, tool } = agents;
const provider = startTracing('triage-service');
const instrumentation = new OpenAIAgentsInstrumentation({ tracerProvider: provider });
instrumentation.manuallyInstrument(agents);

const client = new OpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1`, maxRetries: 0 });
const runner = new Runner({
  modelProvider: new OpenAIProvider({ openAIClient: client, useResponses: true }),
  workflowName: 'Triage flow',
  groupId: 'session-17',
  traceMetadata: { user_id: 'user-17' },
});
const faqLookup = tool({
  name: 'faq_lookup',
  description: 'Looks up an answer',
  parameters: z.object({ topic: z.string() }),
  execute: ({ topic }) => Promise.resolve(`${topic}: use the settings page`),
});
const failing = tool({
  name: 'notify',
  description: 'Notifies a person',
  parameters: z.object({ channel: z.string() }),
  errorFunction: null,
  execute: () => Promise.reject(new Error('smtp unreachable')),
});
const model = 'gpt-5-mini';
const faq = new Agent({ name: 'FAQ Agent', instructions: 'Answer questions.', tools: [faqLookup], model });
const triage = new Agent({ name: 'Triage Agent', instructions: 'Hand over.', handoffs: [faq], model });
const notifier = new Agent({ name: 'Notifier Agent', instructions: 'Notify.', tools: [failing], model });

const told = setUser(setSession(context.active(), { sessionId: 'session-17' }), { userId: 'user-17' });
await context.with(told, async () => {
  const result = await runner.run(triage, 'How do I reset my password?', { stream: true });
  for await (const event of result) void event;
  await expectFailure(() => runner.run(notifier, 'Tell the owner.'));
  await expectFailure(() => runner.run(faq, 'Are you there?'));
});
await getGlobalTraceProvider().forceFlush();
await provider.forceFlush();
await provider.shutdown();
