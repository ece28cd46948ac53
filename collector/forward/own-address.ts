import { networkInterfaces } from 'node:os';
import { SpanledgerError } from '../errors.js';

const WILDCARDS = new Set(['0.0.0.0', '::']);
const LOOPBACKS = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Throws `CONFIG_INVALID` where requests would be sent on to the collector that they come from. Only addresses of this
 * machine are known; what comes back through a proxy is stopped by its header.
 */
export function refuseOwnAddress(endpoint: string, own: string): void {
  const [there, here] = [readAddress(endpoint), readAddress(own)];
  if (there.port !== here.port || !isOwnHost(there.host, here.host)) return;
  throw new SpanledgerError(
    'CONFIG_INVALID',
    `--forward-endpoint ${endpoint} is this collector itself: name another, or leave it out`,
  );
}

function readAddress(text: string): { host: string; port: number } {
  const url = new URL(text);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

function isOwnHost(host: string, own: string): boolean {
  if (host === own || (LOOPBACKS.has(host) && LOOPBACKS.has(own))) return true;
  if (!WILDCARDS.has(own)) return false;
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  return LOOPBACKS.has(host) || WILDCARDS.has(host) || addresses.includes(host);
}
