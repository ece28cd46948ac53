// A stand-in of the model providers: it answers from a script, one answer a request, and keeps a ledger of what it
// answered. The ledger is the truth that a run is compared with.
import { createServer } from 'node:http';
import { renderAnthropicMessage } from './model-server/anthropic.mjs';
import { renderGeminiContent, renderGeminiEmbedding } from './model-server/gemini.mjs';
import { renderChatCompletion, renderEmbeddings, renderResponse } from './model-server/openai.mjs';

/**
 * @typedef {object} Answer one answer of the script
 * @property {string} [text]
 * @property {string} [thinking]
 * @property {{ name: string, arguments: object }[]} [tool_calls]
 * @property {string} [model] the model that answers, where it is not the requested one
 * @property {object} [usage] `input` (cache reads and writes inside), `output` (reasoning inside), `cached`,
 *   `cache_write`, `cache_write_1h` (the part of `cache_write` kept for an hour), `reasoning`
 * @property {number} [status] an error status in place of an answer
 * @property {string} [error] its message
 */

const ROUTES = [
  [/\/chat\/completions$/, 'chat', renderChatCompletion],
  [/\/embeddings$/, 'embeddings', renderEmbeddings],
  [/\/responses$/, 'responses', renderResponse],
  [/\/messages$/, 'messages', renderAnthropicMessage],
  [/:(generateContent|streamGenerateContent)$/, 'gemini', renderGeminiContent],
  [/:embedContent$/, 'embeddings', renderGeminiEmbedding],
];

/** Starts the stand-in on a free port of the loopback. `ledger` has one entry a request, in order of arrival. */
export async function startModelServer(answers) {
  const ledger = [];
  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => {
        answer(request, body, response);
      })
      .catch((error) => {
        response.writeHead(500).end(String(error));
      });
  });

  function answer(request, body, response) {
    const path = new URL(request.url, 'http://127.0.0.1').pathname;
    const route = ROUTES.find(([pattern]) => pattern.test(path));
    if (route === undefined) {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"message":"no such path"}}');
      return;
    }
    const [, api, render] = route;
    const call = {
      number: ledger.length + 1,
      path,
      model: body.model ?? /models\/([^:]+):/.exec(path)?.[1] ?? 'unknown',
      stream: body.stream === true || path.endsWith(':streamGenerateContent'),
      body,
    };
    const scripted = answers[ledger.length] ?? { status: 500, error: 'the script has no answer left' };
    ledger.push(describeCall(api, call, scripted));
    if (scripted.status !== undefined) {
      response.writeHead(scripted.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(renderError(api, scripted)));
      return;
    }
    const rendered = render(scripted, call);
    response.writeHead(200, {
      'content-type': call.stream ? 'text/event-stream' : 'application/json',
      'x-request-id': `req_${call.number}`,
      'request-id': `req_${call.number}`,
    });
    response.end(call.stream ? rendered.map(renderEvent).join('') : JSON.stringify(rendered));
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    ledger,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : JSON.parse(text);
}

function renderEvent({ event, data }) {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`;
}

function renderError(api, { status, error = `scripted failure ${status}` }) {
  if (api === 'messages')
    return {
      type: 'error',
      error: { type: status === 429 ? 'rate_limit_error' : 'api_error', message: error },
    };
  if (api === 'gemini') return { error: { code: status, message: error, status: 'UNAVAILABLE' } };
  return { error: { message: error, type: 'server_error', code: null, param: null } };
}

/** The ledger's entry, in the words of the captures' `expected.json`. */
function describeCall(api, call, scripted) {
  const usage = scripted.usage ?? {};
  const about = {
    api,
    stream: call.stream,
    request_model: call.model,
    response_model: scripted.model ?? call.model,
    status: scripted.status ?? 200,
  };
  if (scripted.status !== undefined) return { ...about, finish: null };
  return {
    ...about,
    finish: api === 'embeddings' ? null : (scripted.tool_calls ?? []).length > 0 ? 'tool_calls' : 'stop',
    input_tokens: usage.input ?? 0,
    output_tokens: usage.output ?? 0,
    cached_input_tokens: usage.cached ?? 0,
    cache_creation_tokens: usage.cache_write ?? 0,
    reasoning_tokens: usage.reasoning ?? 0,
    tool_calls: (scripted.tool_calls ?? []).map((tool) => tool.name),
  };
}
