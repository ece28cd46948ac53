import { SpanKind, SpanStatusCode } from '@opentelemetry/api';

const QUESTION = 'Where is order 17, and why was I charged twice for it?';
const ANSWER = 'It is on its way. The second charge is a reservation that lapses within three days.';
const MODEL = 'gpt-5-mini';
const CHUNKS = ANSWER.split(/(?<= )/);

const answer = () => Promise.resolve(ANSWER);
const message = (role, content) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
const INPUT = message('user', QUESTION);

/** What a careful hand writes around a span, for work that gives a promise. */
async function record(tracer, name, options, fn) {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await fn(span);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

function recordSync(tracer, name, options, fn) {
  return tracer.startActiveSpan(name, options, (span) => {
    try {
      return fn(span);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

function fail(span, error) {
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

async function* stream() {
  for (const chunk of CHUNKS) yield await Promise.resolve(chunk);
}

async function drain(chunks) {
  let length = 0;
  for await (const chunk of chunks) length += chunk.length;
  return length;
}

async function* streamBare(tracer) {
  const span = tracer.startSpan(`chat ${MODEL}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': MODEL,
      'gen_ai.input.messages': INPUT,
    },
  });
  const startedMillis = performance.now();
  let text = '';
  try {
    for await (const chunk of stream()) {
      if (text === '') {
        span.setAttributes({
          'gen_ai.request.stream': true,
          'gen_ai.response.time_to_first_chunk': (performance.now() - startedMillis) / 1000,
        });
      }
      text += chunk;
      yield chunk;
    }
    span.setAttribute('gen_ai.output.messages', message('assistant', text));
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/**
 * Work with spans around it, each by an operation of the SDK and by the OpenTelemetry API alone, with the same names
 * and attributes. `ours` and `bare` give promises where the work does.
 */
export function createOperations(sdk, tracer) {
  const internal = (operation, attributes) => ({
    kind: SpanKind.INTERNAL,
    attributes: { 'gen_ai.operation.name': operation, ...attributes },
  });
  const client = (operation, attributes) => ({ ...internal(operation, attributes), kind: SpanKind.CLIENT });
  const fetchOrder = sdk.wrap((id) => ({ id, state: 'shipped' }), { as: 'tool', name: 'fetch_order' });
  const order = { id: 17, state: 'shipped' };
  return [
    {
      label: '`agent`, a promise, text in and out',
      ours: () => sdk.agent({ name: 'support', input: QUESTION }, answer),
      bare: () => {
        const attributes = { 'gen_ai.agent.name': 'support', 'gen_ai.input.messages': INPUT };
        return record(tracer, 'invoke_agent support', internal('invoke_agent', attributes), async (span) => {
          const text = await answer();
          span.setAttribute('gen_ai.output.messages', message('assistant', text));
          return text;
        });
      },
    },
    {
      label: '`workflow`, a sync function',
      ours: () => sdk.workflow('desk', () => undefined),
      bare: () => {
        const options = internal('invoke_workflow', { 'gen_ai.workflow.name': 'desk' });
        return recordSync(tracer, 'invoke_workflow desk', options, () => undefined);
      },
    },
    {
      label: '`generation`, a promise, with usage and response',
      ours: () =>
        sdk.generation({ model: MODEL, provider: 'openai', input: QUESTION }, async (call) => {
          const text = await answer();
          call.setUsage({ inputTokens: 120, outputTokens: 18, cachedInputTokens: 64 });
          call.setResponse({ id: 'resp-1', model: MODEL, finishReasons: ['stop'] });
          return text;
        }),
      bare: () => {
        const options = client('chat', {
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': MODEL,
          'gen_ai.input.messages': INPUT,
        });
        return record(tracer, `chat ${MODEL}`, options, async (span) => {
          const text = await answer();
          span.setAttributes({
            'gen_ai.usage.input_tokens': 120,
            'gen_ai.usage.output_tokens': 18,
            'gen_ai.usage.cache_read.input_tokens': 64,
            'gen_ai.response.id': 'resp-1',
            'gen_ai.response.model': MODEL,
            'gen_ai.response.finish_reasons': ['stop'],
            'gen_ai.output.messages': message('assistant', text),
          });
          return text;
        });
      },
    },
    {
      label: `\`generation\`, a stream of ${CHUNKS.length} chunks of text`,
      ours: () => drain(sdk.generation({ model: MODEL, provider: 'openai', input: QUESTION }, stream)),
      bare: () => drain(streamBare(tracer)),
    },
    {
      label: '`embedding`, a promise',
      ours: () =>
        sdk.embedding({ model: 'text-embedding-3-small', input: QUESTION }, async (call) => {
          await answer();
          call.setUsage({ inputTokens: 14 });
        }),
      bare: () => {
        const options = client('embeddings', {
          'gen_ai.request.model': 'text-embedding-3-small',
          'gen_ai.input.messages': INPUT,
        });
        return record(tracer, 'embeddings text-embedding-3-small', options, async (span) => {
          await answer();
          span.setAttribute('gen_ai.usage.input_tokens', 14);
        });
      },
    },
    {
      label: '`tool`, a promise, arguments and result',
      ours: () => sdk.tool({ name: 'fetch_order', input: { id: 17 } }, () => Promise.resolve(order)),
      bare: () =>
        record(tracer, 'execute_tool fetch_order', toolOptions(internal), async (span) => {
          const found = await Promise.resolve(order);
          span.setAttribute('gen_ai.tool.call.result', JSON.stringify(found));
          return found;
        }),
    },
    {
      label: '`tool`, a sync function, arguments and result',
      ours: () => sdk.tool({ name: 'fetch_order', input: { id: 17 } }, () => order),
      bare: () => recordTool(tracer, internal),
    },
    {
      label: '`wrap` as a tool, a sync function',
      ours: () => fetchOrder(17),
      bare: () => recordTool(tracer, internal, '17'),
    },
    {
      label: '`handoff`, a sync function',
      ours: () => sdk.handoff('refunds', () => undefined),
      bare: () => {
        const attributes = { 'gen_ai.tool.name': 'transfer_to_refunds', 'gen_ai.tool.type': 'function' };
        const options = internal('execute_tool', attributes);
        return recordSync(tracer, 'execute_tool transfer_to_refunds', options, () => undefined);
      },
    },
    {
      label: '`retrieval`, a promise, query and documents',
      ours: () => sdk.retrieval({ name: 'help-centre', input: QUESTION }, () => Promise.resolve([order])),
      bare: () => {
        const options = client('retrieval', {
          'gen_ai.data_source.id': 'help-centre',
          'gen_ai.retrieval.query.text': QUESTION,
        });
        return record(tracer, 'retrieval help-centre', options, async (span) => {
          const documents = await Promise.resolve([order]);
          span.setAttribute('gen_ai.retrieval.documents', JSON.stringify(documents));
          return documents;
        });
      },
    },
    {
      label: '`guardrail`, a sync function',
      ours: () => sdk.guardrail({ name: 'no-secrets', input: QUESTION }, () => undefined),
      bare: () => {
        const options = internal('guardrail', { 'gen_ai.input.messages': INPUT });
        return recordSync(tracer, 'guardrail no-secrets', options, () => undefined);
      },
    },
    {
      label: '`evaluation`, a sync function, with its score',
      ours: () => sdk.evaluation('helpful', () => 0.9),
      bare: () => {
        const options = internal('evaluate', { 'gen_ai.evaluation.name': 'helpful' });
        return recordSync(tracer, 'evaluate helpful', options, (span) => {
          span.setAttribute('gen_ai.evaluation.score.value', 0.9);
          return 0.9;
        });
      },
    },
    {
      label: '`step`, a sync function',
      ours: () => sdk.step('sort', () => undefined),
      bare: () => recordSync(tracer, 'sort', internal('step'), () => undefined),
    },
    {
      label: '`identify` around a `step`',
      ours: () => sdk.identify({ sessionId: 's-1', userId: 'u-1' }, () => sdk.step('sort', () => undefined)),
      bare: () => {
        const options = internal('step', { 'session.id': 's-1', 'user.id': 'u-1' });
        return recordSync(tracer, 'sort', options, () => undefined);
      },
    },
  ];
}

function toolOptions(internal, given = JSON.stringify({ id: 17 })) {
  return internal('execute_tool', {
    'gen_ai.tool.name': 'fetch_order',
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.arguments': given,
  });
}

function recordTool(tracer, internal, given) {
  return recordSync(tracer, 'execute_tool fetch_order', toolOptions(internal, given), (span) => {
    const order = { id: 17, state: 'shipped' };
    span.setAttribute('gen_ai.tool.call.result', JSON.stringify(order));
    return order;
  });
}
