import { createRequire } from 'node:module';

/** The version of this package, read through its own name so that sources and build find the same file. */
export function readVersion(): string {
  const manifest = createRequire(import.meta.url)('spanledger/package.json') as { version: string };
  return manifest.version;
}
