import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VERSION } from '../../../src/version.js';
import { runNode, transpileSdk, type SdkFolder } from '../../support/sdk-child.js';

let sdk: SdkFolder;
beforeAll(() => {
  sdk = transpileSdk();
});
afterAll(() => {
  sdk.remove();
});

/** What a script prints. It must end well and say nothing on the side. */
async function run(name: string, code: string): Promise<string> {
  const script = path.join(sdk.path, name);
  writeFileSync(script, code);
  const {
    code: exitCode,
    stdout,
    stderr,
  } = await runNode(script, {
    env: { OTEL_TRACES_EXPORTER: 'console', SPANLEDGER_SPOOL_DIR: path.join(sdk.path, 'spool') },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

test('the version of the scope is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(VERSION).toBe(manifest.version);
});

test('CommonJS can require it, and the span is out before the process ends', async () => {
  const printed = await run(
    'require.cjs',
    `const { init, agent, current } = require('./src/index.js');
     init();
     console.log(agent('a', (run) => run.isRecording && current() === run));`,
  );
  expect(printed).toMatch(/^true\n/);
  expect(printed).toContain("name: 'invoke_agent a'");
});

test('importing it loads OpenTelemetry alone: no database, web server, schema or price library', async () => {
  const printed = await run(
    'loaded.mjs',
    `import { Session } from 'node:inspector';
     const session = new Session();
     session.connect();
     const urls = [];
     session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url));
     session.post('Debugger.enable');
     await import('./src/index.js');
     console.log(JSON.stringify(urls));`,
  );
  const urls = JSON.parse(printed) as string[];
  expect(urls.some((url) => url.endsWith('/src/operations/agent.js'))).toBe(true);
  const packages = urls.flatMap((url) => /.*node_modules\/(@[^/]+|[^/]+)/.exec(url)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(['@opentelemetry']);
});
