import { z } from 'zod';
import { expectFailure, startTracing } from '../tracing.mjs';

const provider = startTracing('calc-service', { encoding: 'json' });
// It asks for its tracer while it is loaded, from an @opentelemetry/api of its own (1.9.0), so the provider comes first.
const { FunctionTool, InMemoryRunner, LlmAgent, StreamingMode } = await import('@google/adk');

const square = new FunctionTool({
  name: 'square',
  description: 'Squares a number',
  parameters: z.object({ value: z.number() }),
  execute: ({ value }) => ({ result: value * value }),
});
const failing = new FunctionTool({
  name: 'store',
  description: 'Stores a number',
  parameters: z.object({ value: z.number() }),
  execute: () => {
    throw new Error('disk full');
  },
});
const words = new LlmAgent({
  name: 'words_agent',
  model: 'gemini-2.5-flash',
  description: 'Says numbers in words.',
  instruction: 'Say it in words.',
});
const agent = new LlmAgent({
  name: 'calc_agent',
  model: 'gemini-2.5-flash',
  description: 'Calculates.',
  instruction: 'You calculate.',
  tools: [square, failing],
  subAgents: [words],
  generateContentConfig: { temperature: 0.2, thinkingConfig: { includeThoughts: true, thinkingBudget: 512 } },
});
const runner = new InMemoryRunner({ agent, appName: 'calc' });
const session = await runner.sessionService.createSession({
  appName: 'calc',
  userId: 'user-20',
  sessionId: 'session-20',
});

async function ask(text, streamingMode) {
  for await (const event of runner.runAsync({
    userId: 'user-20',
    sessionId: session.id,
    newMessage: { role: 'user', parts: [{ text }] },
    runConfig: { streamingMode },
  })) {
    if (event.errorCode !== undefined) throw new Error(event.errorMessage);
  }
}

await ask('What is 12 squared, in words?', StreamingMode.SSE);
await expectFailure(() => ask('Are you there?', StreamingMode.NONE));
await provider.forceFlush();
await provider.shutdown();
