import { logs } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { createRequire } from 'node:module';
import { askWithTool, embed, failCall, functionTool } from '../chat-steps.mjs';
import { COLLECTOR_URL, MODEL_URL, startTracing } from '../tracing.mjs';

const provider = startTracing('meter-service');
const loggerProvider = new LoggerProvider({
  processors: [
    new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${COLLECTOR_URL}/v1/logs` }) }),
  ],
});
logs.setGlobalLoggerProvider(loggerProvider);
registerInstrumentations({
  tracerProvider: provider,
  loggerProvider,
  instrumentations: [new OpenAIInstrumentation({ captureMessageContent: true })],
});

// It patches what is required, so this comes after it is registered.
const OpenAI = createRequire(import.meta.url)('openai');
const client = new OpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1`, maxRetries: 0 });

await askWithTool(client, {
  system: 'You read meters.',
  question: 'What does meter 4 say?',
  tool: functionTool('read_meter', 'Value of a meter', 'meter'),
  execute: ({ meter }) => Promise.resolve({ meter, value: 712 }),
});
await embed(client, ['meters']);
await failCall(client);
await provider.forceFlush();
await loggerProvider.forceFlush();
await provider.shutdown();
await loggerProvider.shutdown();
