import type { Canvas } from './render/paint.js';

/** The line that says how to get the next page; empty on the last. */
export function endPage(nextCursor: string | null, { paint }: Canvas): string {
  return nextCursor === null ? '' : `\n${paint.dim(`More: --cursor ${nextCursor}`)}`;
}

/** What stands in place of a table without rows. */
export function renderEmpty(noun: string, whatToDo: string): string {
  return `No ${noun} found; ${whatToDo}.`;
}
