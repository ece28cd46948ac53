// An application that has OpenTelemetry's NodeSDK already: it stays as it is, and Spanledger sees the same spans.
// Needs `npm install @opentelemetry/api @opentelemetry/sdk-node @opentelemetry/sdk-trace-base`.
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { agent, generation, init } from 'spanledger';

const sdk = new NodeSDK({
  serviceName: 'shop',
  // Stands for the exporter that you have: it prints what it is given.
  spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())],
});
sdk.start();

// After `start`. The other way is `spanledgerSpanProcessor()` in the list above, without `init`.
init();

const tracer = trace.getTracer('shop');
await tracer.startActiveSpan('GET /recommendations', async (request) => {
  try {
    // The agent's span is a child of the application's.
    await agent({ name: 'recommender', input: 'for ada' }, () =>
      generation({ model: 'gpt-4o-mini', provider: 'openai', input: 'Recommend a book.' }, async (call) => {
        const { text, usage } = await askModel();
        // And the application's spans are children of the agent's.
        tracer.startSpan('SELECT books').end();
        call.setUsage(usage);
        return text;
      }),
    );
  } finally {
    request.end();
  }
});

// Whoever made the provider shuts it down, Spanledger's part with it.
await sdk.shutdown();

/** Stands for the provider: put your call here. */
async function askModel() {
  return { text: 'Os Maias.', usage: { inputTokens: 20, outputTokens: 4 } };
}
