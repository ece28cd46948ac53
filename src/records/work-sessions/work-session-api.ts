import type { ApiSettings } from '../../config/api.js';
import { pollUntil } from '../api/poll.js';
import { request } from '../api/request.js';

/** A work session as the query API answers it; what is not read here is left out. */
export interface StoredWorkSession {
  id: string;
  agent_type: string;
  task: string;
  config?: unknown;
  envelope?: unknown;
  approval_strategy?: string | null;
  /** From 1. */
  attempt: number;
  metadata?: unknown;
}

/** How a work session ended. */
export interface WorkEnd {
  status: 'completed' | 'failed';
  error?: string;
}

interface WorkSessionApiOptions {
  api: ApiSettings;
  project: string;
  workerId: string;
  leaseMillis: number;
}

/** What a worker asks of the collector's work sessions (spec/work-sessions.md, Execution). */
export class WorkSessionApi {
  readonly #api: ApiSettings;
  readonly #path: string;
  readonly #workerId: string;
  readonly #leaseSeconds: number;

  constructor({ api, project, workerId, leaseMillis }: WorkSessionApiOptions) {
    this.#api = api;
    this.#path = `/projects/${encodeURIComponent(project)}/work-sessions`;
    this.#workerId = workerId;
    this.#leaseSeconds = Math.ceil(leaseMillis / 1_000);
  }

  /** Takes one queued session of these agent types, with a lease; undefined where none is queued. */
  async claim(agentTypes: readonly string[], signal: AbortSignal): Promise<StoredWorkSession | undefined> {
    return this.#post<StoredWorkSession>('/claim', { agent_types: agentTypes }, signal);
  }

  /** Renews the lease, and gives the session's status. Rejects with 404 or 409 where it is lost. */
  async renew({ id, attempt }: StoredWorkSession, signal: AbortSignal): Promise<string | undefined> {
    const found = await this.#post<{ status?: string }>(
      `/${encodeURIComponent(id)}/lease`,
      { attempt },
      signal,
    );
    return found?.status;
  }

  /** Says how the session ended, again where the collector can't be reached. Gives why it could not be said. */
  async finish(
    { id, attempt }: StoredWorkSession,
    end: WorkEnd,
    timeoutMillis: number,
  ): Promise<string | undefined> {
    const waited = await pollUntil(
      async (signal) => {
        await this.#post(`/${encodeURIComponent(id)}/finish`, { attempt, ...end }, signal);
        return true;
      },
      { timeoutMillis, graceMillis: 0 },
    );
    return waited.isThere ? undefined : waited.reason;
  }

  #post<Body>(path: string, body: object, signal: AbortSignal | undefined): Promise<Body | undefined> {
    return request<Body>(this.#api, {
      method: 'POST',
      path: this.#path + path,
      body: { worker_id: this.#workerId, lease_seconds: this.#leaseSeconds, ...body },
      signal,
    });
  }
}
