import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runNode, transpileSdk } from '../../support/sdk-child.js';

test('importing it loads no test runner, no exporter and nothing but OpenTelemetry', async () => {
  const sdk = transpileSdk();
  try {
    const script = path.join(sdk.path, 'loaded.mjs');
    writeFileSync(
      script,
      `import { Session } from 'node:inspector';
       const session = new Session();
       session.connect();
       const urls = [];
       session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url));
       session.post('Debugger.enable');
       const { collectSpans } = await import('./src/testing.js');
       const packages = urls.flatMap((url) => /.*node_modules\\/(@[^/]+\\/[^/]+|[^/]+)/.exec(url)?.[1] ?? []);
       console.log(JSON.stringify({ packages: [...new Set(packages)], isThere: typeof collectSpans }));`,
    );
    const { code, stdout } = await runNode(script);
    const { packages, isThere } = JSON.parse(stdout) as { packages: string[]; isThere: string };
    expect({ code, isThere }).toEqual({ code: 0, isThere: 'function' });
    expect(packages).toContain('@opentelemetry/sdk-trace-base');
    expect(packages.filter((name) => !name.startsWith('@opentelemetry/'))).toEqual([]);
    expect(packages.filter((name) => name.includes('exporter') || name.includes('otlp'))).toEqual([]);
  } finally {
    sdk.remove();
  }
});
