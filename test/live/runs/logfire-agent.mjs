import * as logfire from '@pydantic/logfire-node';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { MODEL } from '../chat-steps.mjs';
import { COLLECTOR_URL, MODEL_URL, expectFailure } from '../tracing.mjs';

logfire.configure({
  token: 'pylf_v1_local_live',
  sendToLogfire: true,
  serviceName: 'quiz-service',
  serviceVersion: '2.0.0',
  environment: 'staging',
  advanced: { baseUrl: COLLECTOR_URL },
  metrics: false,
  console: false,
  nodeAutoInstrumentations: {
    '@opentelemetry/instrumentation-undici': { enabled: false },
    '@opentelemetry/instrumentation-http': { enabled: false },
  },
});

const openai = createOpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1` });
const telemetry = {
  isEnabled: true,
  functionId: 'quiz_agent',
  metadata: { sessionId: 'session-21', userId: 'user-21' },
};
const lookup = tool({
  description: 'Looks a capital up',
  inputSchema: jsonSchema({ type: 'object', properties: { land: { type: 'string' } }, required: ['land'] }),
  execute: ({ land }) => Promise.resolve(land === 'Norway' ? 'Oslo' : 'unknown'),
});

await logfire.span('quiz {round}', {
  attributes: { round: 1 },
  tags: ['quiz'],
  callback: async () => {
    logfire.info('asking about {land}', { land: 'Norway' }, { tags: ['quiz'] });
    const { text } = await generateText({
      model: openai.chat(MODEL),
      prompt: 'What is the capital of Norway?',
      stopWhen: stepCountIs(3),
      tools: { lookup },
      experimental_telemetry: telemetry,
    });
    const stream = streamText({
      model: openai.chat(MODEL),
      prompt: 'Say goodbye.',
      experimental_telemetry: telemetry,
    });
    for await (const part of stream.textStream) void part;
    logfire.warning('the answer was {text}', { text });
    await expectFailure(() =>
      logfire.span('grade the answer', { callback: () => Promise.reject(new Error('grader crashed')) }),
    );
    await expectFailure(() =>
      generateText({
        model: openai.chat(MODEL),
        prompt: 'Are you there?',
        maxRetries: 0,
        experimental_telemetry: telemetry,
      }),
    );
  },
});
await logfire.forceFlush();
await logfire.shutdown();
