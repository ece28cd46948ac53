import type { SharedContent } from './shared-content.js';

const REMEMBERED_CONTENTS = 100_000;

/** Remembers which contents are in the database, so as not to send them again. */
export class StoredContents {
  private readonly projects = new Map<string, Map<bigint, Set<string>>>();
  private count = 0;

  has(projectId: string, { id, dayMicros }: SharedContent): boolean {
    return this.projects.get(projectId)?.get(dayMicros)?.has(id) ?? false;
  }

  add(projectId: string, { id, dayMicros }: SharedContent): void {
    let days = this.projects.get(projectId);
    if (days === undefined) this.projects.set(projectId, (days = new Map<bigint, Set<string>>()));
    let ids = days.get(dayMicros);
    if (ids === undefined) days.set(dayMicros, (ids = new Set<string>()));
    if (ids.has(id)) return;
    ids.add(id);
    this.count += 1;
  }

  /** Forgets everything once it is too much. */
  limit(): void {
    if (this.count > REMEMBERED_CONTENTS) this.clear();
  }

  clear(): void {
    this.projects.clear();
    this.count = 0;
  }
}
