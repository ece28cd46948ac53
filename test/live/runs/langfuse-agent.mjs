import { observeOpenAI } from '@langfuse/openai';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import {
  propagateAttributes,
  setActiveTraceIO,
  startActiveObservation,
  startObservation,
} from '@langfuse/tracing';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { askWithTool, embed, failCall, functionTool } from '../chat-steps.mjs';
import { COLLECTOR_URL, MODEL_URL, expectFailure } from '../tracing.mjs';

const provider = new NodeTracerProvider({
  spanProcessors: [
    new LangfuseSpanProcessor({
      publicKey: 'pk-lf-live',
      secretKey: 'sk-lf-live',
      baseUrl: COLLECTOR_URL,
      environment: 'staging',
      release: 'r42',
    }),
  ],
});
provider.register();

const plain = new OpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1`, maxRetries: 0 });
const client = observeOpenAI(plain, {
  generationName: 'answer',
  generationMetadata: { purpose: 'live' },
  langfusePrompt: { name: 'returns', version: 3, isFallback: false },
});

const lookUpOrder = ({ order }) =>
  startActiveObservation(
    'look_up_order',
    (tool) => {
      tool.update({ input: { order }, metadata: { cache: 'cold' } });
      const result = { order, state: 'shipped' };
      tool.update({ output: result });
      return Promise.resolve(result);
    },
    { asType: 'tool' },
  );

async function runAgent(agent) {
  const question = 'Where is order 77?';
  agent.update({ input: question });
  const guard = startObservation('no-insults', { input: question, output: 'ok' }, { asType: 'guardrail' });
  guard.end();
  const text = await askWithTool(client, {
    system: 'You help with orders.',
    question,
    tool: functionTool('look_up_order', 'State of an order', 'order'),
    execute: lookUpOrder,
  });
  await startActiveObservation(
    'find-articles',
    async (retriever) => {
      retriever.update({ input: 'shipping' });
      await embed(client, ['shipping']);
      retriever.update({ output: [{ title: 'Shipping times' }] });
    },
    { asType: 'retriever' },
  );
  await failCall(client);
  await expectFailure(() =>
    startActiveObservation(
      'notify',
      (tool) => {
        tool.update({ input: { channel: 'mail' }, level: 'ERROR', statusMessage: 'smtp unreachable' });
        throw new Error('smtp unreachable');
      },
      { asType: 'tool' },
    ),
  );
  startObservation('is-polite', { input: text, output: { score: 1 } }, { asType: 'evaluator' }).end();
  startObservation('handed-over', { input: text, level: 'WARNING' }, { asType: 'event' });
  agent.update({ output: text });
  setActiveTraceIO({ input: question, output: text });
}

await propagateAttributes(
  {
    userId: 'user-11',
    sessionId: 'session-11',
    traceName: 'order-help',
    tags: ['orders', 'live'],
    version: '1.4.0',
    metadata: { tenant: 'acme' },
  },
  () => startActiveObservation('order-agent', runAgent, { asType: 'agent' }),
);
await provider.forceFlush();
await provider.shutdown();
