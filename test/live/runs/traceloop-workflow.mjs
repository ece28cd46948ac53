import * as anthropicModule from 'anthropic-sdk-0';
import * as traceloop from '@traceloop/node-server-sdk';
import OpenAI from 'openai';
import { askWithTool, embed, failCall, functionTool } from '../chat-steps.mjs';
import { thinkWithTool } from '../message-steps.mjs';
import { COLLECTOR_URL, MODEL_URL, expectFailure } from '../tracing.mjs';

traceloop.initialize({
  appName: 'claims-service',
  apiKey: 'test',
  baseUrl: COLLECTOR_URL,
  disableBatch: false,
  silenceInitializationMessage: true,
  traceloopSyncEnabled: false,
  instrumentModules: { openAI: OpenAI, anthropic: anthropicModule },
});
const openai = new OpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1`, maxRetries: 0 });
const anthropic = new anthropicModule.Anthropic({ apiKey: 'test', baseURL: MODEL_URL, maxRetries: 0 });

const getClaim = (args) =>
  traceloop.withTool({ name: 'get_claim' }, ({ claim }) => Promise.resolve({ claim, state: 'open' }), args);

const runWorkflow = () =>
  traceloop.withWorkflow({ name: 'claims_workflow', version: 2 }, async () => {
    await traceloop.withAgent({ name: 'claims_agent' }, async () =>
      askWithTool(openai, {
        system: 'You handle claims.',
        question: 'What is the state of claim 9?',
        tool: functionTool('get_claim', 'State of a claim', 'claim'),
        execute: getClaim,
      }),
    );
    await traceloop.withTask({ name: 'index_claim' }, () => embed(openai, ['claim 9']));
    await traceloop.withAgent({ name: 'review_agent' }, () => thinkWithTool(anthropic, getClaim));
    await expectFailure(() =>
      traceloop.withTool({ name: 'notify' }, () => Promise.reject(new Error('smtp unreachable'))),
    );
    await failCall(openai);
  });

await traceloop.withAssociationProperties(
  { session_id: 'session-13', user_id: 'user-13', tenant: 'acme' },
  () => traceloop.withConversation('conversation-13', runWorkflow),
);
await traceloop.forceFlush();
