import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNode, transpileSdk } from '../../support/sdk-child.js';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** The examples beside the SDK, as a user has them who installed the package. */
export interface ExamplesFolder {
  path: string;
  /** Runs an example to its end and gives what it printed. It must end well and complain of nothing. */
  run(name: string, endpoint: string): Promise<string>;
  /** Puts an example there without running it, and gives its path. */
  add(name: string): string;
  remove(): void;
}

export function createExamplesFolder(): ExamplesFolder {
  const sdk = transpileSdk();
  const add = (name: string) => sdk.addScript(path.join(EXAMPLES, `${name}.mjs`));
  return {
    path: sdk.path,
    add,
    async run(name, endpoint) {
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        SPANLEDGER_SPOOL_DIR: path.join(sdk.path, 'spool'),
      };
      const { code, signal, stdout, stderr } = await runNode(add(name), { env });
      if (code !== 0 || stderr !== '') {
        throw new Error(`${name} ended with ${code ?? signal ?? 'nothing'}:\n${stderr}\n${stdout}`);
      }
      return stdout;
    },
    remove: () => {
      sdk.remove();
    },
  };
}
