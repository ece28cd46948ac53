import { googleAI } from '@genkit-ai/google-genai';
import { OTLPTraceExporter } from 'genkit-otlp-exporter';
import { BatchSpanProcessor } from 'genkit-sdk-trace-base';
import { genkit, z } from 'genkit';
import { enableTelemetry, flushTracing } from 'genkit/tracing';
import { COLLECTOR_URL, MODEL_URL, expectFailure } from '../tracing.mjs';

await enableTelemetry({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${COLLECTOR_URL}/v1/traces` }))],
});
const ai = genkit({
  plugins: [googleAI({ apiKey: 'test', baseUrl: MODEL_URL })],
  model: googleAI.model('gemini-2.5-flash'),
});
const menu = ai.defineTool(
  {
    name: 'menu',
    description: 'Dish of the day',
    inputSchema: z.object({ day: z.string() }),
    outputSchema: z.string(),
  },
  ({ day }) => Promise.resolve(`soup on ${day}`),
);
const order = ai.defineTool(
  {
    name: 'order',
    description: 'Orders a dish',
    inputSchema: z.object({ dish: z.string() }),
    outputSchema: z.string(),
  },
  () => Promise.reject(new Error('kitchen closed')),
);
const menuFlow = ai.defineFlow(
  { name: 'menuFlow', inputSchema: z.string(), outputSchema: z.string() },
  async (day) => {
    const { stream, response } = ai.generateStream({
      system: 'You know the menu.',
      prompt: `What is for lunch on ${day}?`,
      tools: [menu],
      config: { temperature: 0.2 },
    });
    for await (const chunk of stream) void chunk;
    return (await response).text;
  },
);
const orderFlow = ai.defineFlow(
  { name: 'orderFlow', inputSchema: z.string(), outputSchema: z.string() },
  async (dish) => {
    const { text } = await ai.generate({ prompt: `Order ${dish}.`, tools: [order] });
    return text;
  },
);

await menuFlow('Monday', { context: { auth: { uid: 'user-23' } } });
await ai.embed({ embedder: googleAI.embedder('gemini-embedding-001'), content: 'soup' });
await expectFailure(() => orderFlow('soup'));
await expectFailure(() => ai.generate('Are you there?'));
await flushTracing();
process.exit(0);
