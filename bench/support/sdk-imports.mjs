import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { number, renderTable } from './markdown.mjs';
import { median } from './statistics.mjs';

const SDK = new URL('../../dist/src/index.js', import.meta.url).href;
const ROOT = new URL('../..', import.meta.url);

/** What an application imports to send spans without the SDK. */
const BARE = [
  '@opentelemetry/api',
  '@opentelemetry/context-async-hooks',
  '@opentelemetry/exporter-trace-otlp-proto',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-base',
];
const SCRIPTS = [
  { label: 'nothing', modules: [], code: '' },
  { label: 'OpenTelemetry: API, SDK, context, OTLP exporter', modules: BARE, code: importAll(BARE) },
  { label: '`spanledger`', modules: [SDK], code: importAll([SDK]) },
];

/** How long processes run that import something and end, each time a new one, and what they load. */
export async function measureImports({ rounds }) {
  const samples = SCRIPTS.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { code }] of SCRIPTS.entries()) samples[index].push(await timeProcess(code));
  }
  const [empty, bare] = samples.map(median);
  const rows = [];
  for (const [index, { label, modules }] of SCRIPTS.entries()) {
    const millis = median(samples[index]);
    const { files, bytes } = await weigh(modules);
    rows.push([
      label,
      number(millis),
      number(millis - empty),
      index === 0 ? '' : `**${number((millis - empty) / (bare - empty), 2)}**`,
      number(files),
      number(bytes / 1024),
    ]);
  }
  const head = ['process that imports', 'ms', 'more than nothing', 'ratio', 'files of JavaScript', 'KiB'];
  return renderTable(head, rows);
}

function importAll(modules) {
  return modules.map((name) => `import ${JSON.stringify(name)};`).join('');
}

async function timeProcess(code) {
  const startedMillis = performance.now();
  await runCode(code);
  return performance.now() - startedMillis;
}

/** What V8 was given to parse, besides Node's own. */
async function weigh(modules) {
  const printed = await runCode(
    `import { Session } from 'node:inspector';
     import { existsSync, statSync } from 'node:fs';
     const session = new Session();
     session.connect();
     const urls = new Set();
     session.on('Debugger.scriptParsed', ({ params }) => urls.add(params.url));
     session.post('Debugger.enable');
     for (const name of ${JSON.stringify(modules)}) await import(name);
     const files = [...urls].filter((url) => url.startsWith('file:') && existsSync(new URL(url)));
     const bytes = files.reduce((sum, url) => sum + statSync(new URL(url)).size, 0);
     console.log(JSON.stringify({ files: files.length, bytes }));`,
  );
  return JSON.parse(printed);
}

async function runCode(code) {
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return stdout;
}
