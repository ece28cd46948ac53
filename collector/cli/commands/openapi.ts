import type { Command } from 'commander';
import { renderOpenApi } from '../../contract/openapi.js';
import type { Io } from '../io.js';
import { readVersion } from '../../version.js';

export function addOpenApiCommand(program: Command, io: Io): void {
  program
    .command('openapi')
    .description('print the OpenAPI 3.1 document of the query API; needs no running collector')
    .option('--json', 'accepted for symmetry: the document is JSON')
    .action(() => {
      io.stdout.write(`${JSON.stringify(renderOpenApi(readVersion()), null, 2)}\n`);
    });
}
