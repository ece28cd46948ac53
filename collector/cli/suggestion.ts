import type { ConnectionOptions } from './connection.js';
import type { Io } from './io.js';

/**
 * A command to paste, as it works where this one did: under npm, as in a clone, `spanledger` is not on the path, and
 * the collector that was asked is asked again.
 */
export function suggestCommand(args: string, options: Pick<ConnectionOptions, 'url'>, { env }: Io): string {
  const command = env['npm_lifecycle_event'] === undefined ? 'spanledger' : 'npx spanledger';
  return `${command} ${args}${options.url === undefined ? '' : ` --url ${options.url}`}`;
}
