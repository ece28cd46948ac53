// Records what a live run sends: `node test/capture/record.mjs NAME…` writes test/golden/recordings/NAME in the form of
// test/golden/captures. Needs the build (decoding counts the spans) and the packages of test/live.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { playRun } from '../live/play.mjs';
import { countRecords, redactBody } from './bodies.mjs';

const RECORDINGS = fileURLToPath(new URL('../golden/recordings/', import.meta.url));
/** Of the connection, not of the sender. */
const LEFT_OUT = new Set(['host', 'connection', 'date', 'keep-alive']);
const REDACTED = new Set(['authorization', 'x-api-key']);

/** A receiver that answers 200 to everything and keeps it. */
async function startSink() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ request, body: Buffer.concat(chunks) });
    const type = request.headers['content-type'] ?? 'application/json';
    response.writeHead(200, { 'content-type': type }).end(type.includes('json') ? '{}' : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function describeHeaders({ method, url, headers }) {
  const kept = Object.entries(headers)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => [name, REDACTED.has(name) ? 'REDACTED' : value]);
  return { transport: 'http', method, path: url, headers: Object.fromEntries(kept) };
}

function renderReadme(expected) {
  const { observable } = expected;
  const gaps = Object.entries(expected.gaps).map(
    ([key, gap]) => `- \`${key}\`: ${JSON.stringify(gap.observable)}. ${gap.why}`,
  );
  return [
    `# ${expected.scenario}`,
    `Recorded by \`node test/capture/record.mjs ${expected.scenario}\` from test/live/runs/${expected.scenario}.mjs, on Node ${process.versions.node}.`,
    `Dialect: ${expected.dialect}. Sent by: ${expected.instrumentation}. Transport: ${expected.transport}.`,
    `Truth: ${expected.llm_calls} LLM calls (and ${expected.llm_errors} failed), tokens in ${expected.input_tokens} (cache read ${expected.cached_input_tokens}, cache write ${expected.cache_creation_tokens}), out ${expected.output_tokens} (reasoning ${expected.reasoning_tokens}); tools: ${expected.tools.join(', ') || 'none'}; agents: ${expected.agents.join(', ') || 'none named'}; errors: ${expected.errors}.`,
    ...(gaps.length > 0
      ? [`What a reader gets from the bodies, where it is not the truth:`, gaps.join('\n')]
      : []),
    `Session ${observable.session_id ?? 'none'}, user ${observable.user_id ?? 'none'}.`,
  ].join('\n\n');
}

async function record(name) {
  const sink = await startSink();
  const { exitCode, output, expected } = await playRun(name, sink.url);
  await sink.close();
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}:\n${output}`);
  const requests = sink.requests.filter(({ request }) => /\/v1\/(traces|logs|metrics)$/.test(request.url));
  if (requests.length === 0) throw new Error(`${name} sent nothing:\n${output}`);
  const folder = `${RECORDINGS}${name}/`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [index, { request, body }] of requests.entries()) {
    const number = String(index + 1).padStart(3, '0');
    writeFileSync(`${folder}${number}.bin`, redactBody(body, request.headers));
    writeFileSync(
      `${folder}${number}.headers.json`,
      `${JSON.stringify(describeHeaders(request), null, 2)}\n`,
    );
  }
  const isJson = requests[0].request.headers['content-type'].includes('json');
  const described = { ...expected, transport: isJson ? 'http/json' : 'http/protobuf' };
  writeFileSync(
    `${folder}expected.json`,
    `${JSON.stringify({ ...described, ...countRecords(requests) }, null, 2)}\n`,
  );
  writeFileSync(`${folder}README.md`, `${renderReadme(described)}\n`);
  process.stdout.write(`${name}: ${requests.length} requests\n`);
}

for (const name of process.argv.slice(2)) await record(name);
