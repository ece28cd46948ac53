import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { SpoolEntry } from '../../collector/spool/record.js';
import type { SpoolOptions } from '../../collector/spool/spool.js';
import { Spool } from '../../collector/spool/spool.js';

/** A request of so many bytes whose content says its number. */
export function makeEntry(number: number, bytes = 1024): SpoolEntry {
  const content = Buffer.alloc(bytes, number % 251);
  content.writeUInt32LE(number, 0);
  return {
    projectId: DEFAULT_PROJECT_ID,
    signal: 'traces',
    encoding: 'protobuf',
    receivedAtMillis: 1_000 + number,
    content,
  };
}

export function readNumber(entry: SpoolEntry): number {
  return Buffer.from(entry.content).readUInt32LE(0);
}

/** A folder that is gone after the test. */
export function createSpoolFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'spanledger-spool-'));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export function openSpool(directory: string, changes: Partial<SpoolOptions> = {}): Promise<Spool> {
  return Spool.open({
    directory,
    maxBytes: 1024 ** 3,
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
    onDamage: (damage) => {
      throw new Error(`damaged: ${JSON.stringify(damage)}`);
    },
    ...changes,
  });
}

/** Reads and removes all segments, as a replay does. */
export async function drainSpool(spool: Spool): Promise<SpoolEntry[]> {
  const entries: SpoolEntry[] = [];
  for (;;) {
    const segment = await spool.takeOldest();
    if (segment === undefined) return entries;
    for await (const entry of segment.readEntries()) {
      entries.push(entry);
      segment.settle();
    }
    await segment.remove();
  }
}
