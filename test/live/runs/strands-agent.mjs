import { Agent, tool } from '@strands-agents/sdk';
import { setupTracer } from '@strands-agents/sdk/telemetry';
import { OpenAIModel } from '@strands-agents/sdk/models/openai';
import { z } from 'zod';
import { MODEL } from '../chat-steps.mjs';
import { MODEL_URL, expectFailure, startTracing } from '../tracing.mjs';

const provider = startTracing('sum-service');
setupTracer({ provider });

const add = tool({
  name: 'add',
  description: 'Adds two numbers',
  inputSchema: z.object({ left: z.number(), right: z.number() }),
  callback: ({ left, right }) => String(left + right),
});
const audit = tool({
  name: 'audit',
  description: 'Writes the audit log',
  inputSchema: z.object({ entry: z.string() }),
  callback: () => {
    throw new Error('audit log full');
  },
});
const createAgent = () =>
  new Agent({
    name: 'SumAgent',
    model: new OpenAIModel({
      api: 'chat',
      apiKey: 'test',
      modelId: MODEL,
      clientConfig: { baseURL: `${MODEL_URL}/v1`, maxRetries: 0 },
    }),
    tools: [add, audit],
    systemPrompt: 'You add.',
    traceAttributes: { 'session.id': 'session-19', 'user.id': 'user-19' },
    printer: false,
  });
await createAgent().invoke('What is 19 plus 23?');
await expectFailure(() => createAgent().invoke('Are you there?'));
await provider.forceFlush();
await provider.shutdown();
