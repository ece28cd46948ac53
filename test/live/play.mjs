// Runs one live script against a collector: `node test/live/play.mjs NAME COLLECTOR_URL`. The last line of its output is
// one JSON document: how the script ended, and what is true of it by the model server's ledger.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startModelServer } from './model-server.mjs';
import { describeTruth } from './truth.mjs';

const TIME_LIMIT_MILLIS = 90_000;

/** The JSON document of a run: what is scripted and what is true of it. */
function readRun(name) {
  return JSON.parse(readFileSync(new URL(`./runs/${name}.json`, import.meta.url), 'utf8'));
}

/** Plays a run to its end. Resolves with the exit code, everything the script printed, and the truth. */
export async function playRun(name, collectorUrl) {
  const run = readRun(name);
  const models = await startModelServer(run.answers);
  const script = fileURLToPath(new URL(`./runs/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [...(run.node_options ?? []), script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: buildEnvironment({ MODEL_URL: models.url, COLLECTOR_URL: collectorUrl }, run.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const limit = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MILLIS);
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(limit);
  await models.close();
  return { exitCode, output, expected: describeTruth(name, run, models.ledger) };
}

/** Nothing of the caller's own telemetry or keys reaches a script. `$NAME` in a run's variables is one of `urls`. */
function buildEnvironment(urls, variables = {}) {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(OTEL|LANGFUSE|LANGSMITH|LANGCHAIN|TRACELOOP|LOGFIRE|OPENAI|ANTHROPIC|GOOGLE|GEMINI|VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$)/.test(
        name,
      ),
  );
  const own = Object.entries(variables).map(([name, value]) => [
    name,
    value.replace(/\$(MODEL_URL|COLLECTOR_URL)/g, (_match, url) => urls[url]),
  ]);
  return { ...Object.fromEntries([...kept, ...own]), ...urls };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , name, collectorUrl] = process.argv;
  process.stdout.write(`${JSON.stringify(await playRun(name, collectorUrl))}\n`);
}
