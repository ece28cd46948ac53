import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import { setMetadata, setPromptTemplate, setSession, setTags, setUser } from '@arizeai/openinference-core';
import { SpanStatusCode, context, trace } from '@opentelemetry/api';
import OpenAI from 'openai';
import { MODEL, askWithTool, embed, failCall, functionTool } from '../chat-steps.mjs';
import { MODEL_URL, startTracing } from '../tracing.mjs';

const provider = startTracing('ticket-service', {
  attributes: { 'openinference.project.name': 'tickets' },
});
const instrumentation = new OpenAIInstrumentation();
instrumentation.setTracerProvider(provider);
instrumentation.manuallyInstrument(OpenAI);
const client = new OpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1`, maxRetries: 0 });
const tracer = trace.getTracer('ticket-agent');

/** Spans that the instrumentation leaves to the application, by OpenInference's own names. */
function runSpan(kind, name, attributes, work) {
  return tracer.startActiveSpan(
    name,
    { attributes: { 'openinference.span.kind': kind, ...attributes } },
    async (span) => {
      try {
        const result = await work();
        span.setAttribute('output.value', typeof result === 'string' ? result : JSON.stringify(result));
        span.setStatus({ code: SpanStatusCode.OK });
        return result;
      } catch (error) {
        span.recordException(error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        return undefined;
      } finally {
        span.end();
      }
    },
  );
}

const findTicket = (args) =>
  runSpan('TOOL', 'find_ticket', { 'tool.name': 'find_ticket', 'input.value': JSON.stringify(args) }, () =>
    Promise.resolve({ ...args, state: 'open' }),
  );

async function runAgent(question) {
  const text = await askWithTool(client, {
    system: 'You help with tickets.',
    question,
    tool: functionTool('find_ticket', 'State of a ticket', 'ticket'),
    execute: findTicket,
  });
  await runSpan('RETRIEVER', 'find_articles', { 'input.value': 'tickets' }, async () => {
    await embed(client, ['tickets']);
    trace.getActiveSpan().setAttributes({
      'retrieval.documents.0.document.id': 'doc-1',
      'retrieval.documents.0.document.content': 'Tickets are answered in a day.',
      'retrieval.documents.0.document.score': 0.75,
    });
    return 'one article';
  });
  await client.responses.create({
    model: MODEL,
    instructions: 'Sum up.',
    input: [{ role: 'user', content: text }],
    reasoning: { effort: 'low', summary: 'auto' },
  });
  const stream = await client.responses.create({ model: MODEL, input: 'Say goodbye.', stream: true });
  for await (const event of stream) void event;
  await failCall(client);
  await runSpan('TOOL', 'notify', { 'tool.name': 'notify', 'input.value': '{"channel":"mail"}' }, () =>
    Promise.reject(new Error('smtp unreachable')),
  );
  return text;
}

const question = 'What is with ticket 31?';
const told = [
  (at) => setSession(at, { sessionId: 'session-14' }),
  (at) => setUser(at, { userId: 'user-14' }),
  (at) => setMetadata(at, { tenant: 'acme' }),
  (at) => setTags(at, ['tickets', 'live']),
  (at) =>
    setPromptTemplate(at, { template: 'Help with {{what}}', variables: { what: 'tickets' }, version: '2' }),
].reduce((at, tell) => tell(at), context.active());
await context.with(told, () =>
  runSpan(
    'AGENT',
    'TicketAgent',
    {
      'agent.name': 'TicketAgent',
      'input.value': question,
      'session.id': 'session-14',
      'user.id': 'user-14',
    },
    () => runAgent(question),
  ),
);
await provider.forceFlush();
await provider.shutdown();
