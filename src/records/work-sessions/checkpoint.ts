import { randomUUID } from 'node:crypto';
import { context } from '@opentelemetry/api';
import type { ApiSettings } from '../../config/api.js';
import { readMessage } from '../../operations/failures.js';
import type { StoredArtifact } from './artifacts.js';
import { pollUntil, type WaitOptions } from '../api/poll.js';
import { findApi, flushRecords, request, type Page } from '../api/request.js';
import { emitRecord } from '../emit-record.js';
import { getWorkSession, type ActiveWorkSession } from './work-session-context.js';

/** What a person is to decide. */
export interface CheckpointOptions extends WaitOptions {
  /** Why a person is asked. */
  reason: string;
  /** Default `medium`. */
  risk?: 'low' | 'medium' | 'high' | undefined;
  /**
   * What the decision is found by when the agent is started again, such as `publish order 17`: a decision that was already made
   * under this key counts. Default: within a work session its number among the checkpoints, else one of its own.
   */
  key?: string | undefined;
  /** What is to be looked at. */
  artifacts?: readonly (string | StoredArtifact)[] | undefined;
  /** Any value that JSON can say. */
  metadata?: unknown;
}

/** What was decided. */
export interface CheckpointDecision {
  /** `unavailable` where no decision could be read, for the reason that `reason` says. */
  status: 'approved' | 'rejected' | 'expired' | 'unavailable';
  /** Whether to go on: only where somebody, or a rule, said so. */
  isApproved: boolean;
  /** What the person who decided wrote. */
  feedback: string | undefined;
  /** Who decided, where that is known. */
  reviewedBy: string | undefined;
  /** Why there is no decision. */
  reason: string | undefined;
}

/** A checkpoint as the query API lists it; what is not read here is left out. */
interface StoredCheckpoint {
  key?: string | null;
  status: string;
  feedback?: string | null;
  reviewed_by?: string | null;
}

const DECIDED = ['approved', 'rejected', 'expired'] as const;

/**
 * Asks for a person's decision and waits for it, without end unless a time is given. An agent that is started again finds its
 * open checkpoint, or the decision, by the key. Rejects with the signal's reason alone; where nothing is recorded, or the
 * collector can't be asked, nothing is approved.
 */
export async function checkpoint(options: CheckpointOptions): Promise<CheckpointDecision> {
  const session = getWorkSession(context.active());
  const key = options.key ?? nameCheckpoint(session);
  try {
    const api = findApi();
    if (api === undefined) return endUndecided('nothing is recorded: init was not called');
    const read = (signal: AbortSignal | undefined) => find(api, session, key, signal);
    const isResumable = options.key !== undefined || session !== undefined;
    // Where the collector can't be asked yet, the record is sent all the same; it is one with that of the same key.
    const earlier = isResumable ? await read(options.signal).catch(() => undefined) : undefined;
    if (earlier === undefined) emitCheckpoint(key, options);
    const decided = earlier && readDecision(earlier);
    if (decided !== undefined) return decided;
    await flushRecords();
    const waited = await pollUntil(async (signal) => {
      const found = await read(signal);
      return found && readDecision(found);
    }, options);
    return waited.isThere ? waited.value : endUndecided(waited.reason);
  } catch (error) {
    options.signal?.throwIfAborted();
    return endUndecided(readMessage(error));
  }
}

function nameCheckpoint(session: ActiveWorkSession | undefined): string {
  if (session === undefined) return randomUUID();
  session.unnamedCheckpoints += 1;
  return `checkpoint ${session.unnamedCheckpoints}`;
}

function emitCheckpoint(
  key: string,
  { reason, risk = 'medium', artifacts, metadata }: CheckpointOptions,
): void {
  emitRecord('checkpoint.requested', {
    id: randomUUID(),
    key,
    reason,
    risk,
    artifactIds: artifacts?.map((artifact) => (typeof artifact === 'string' ? artifact : artifact.id)),
    metadata,
  });
}

async function find(
  api: ApiSettings,
  session: ActiveWorkSession | undefined,
  key: string,
  signal: AbortSignal | undefined,
): Promise<StoredCheckpoint | undefined> {
  const path =
    session === undefined
      ? '/checkpoints'
      : `/projects/${encodeURIComponent(session.projectId)}/work-sessions/${encodeURIComponent(session.id)}/checkpoints`;
  const page = await request<Page<StoredCheckpoint>>(api, { path, query: { key }, signal });
  return page?.data.find((one) => one.key === key);
}

/** Undefined while nobody has decided. */
function readDecision(stored: StoredCheckpoint): CheckpointDecision | undefined {
  const status = DECIDED.find((word) => word === stored.status);
  if (status === undefined) return undefined;
  return {
    status,
    isApproved: status === 'approved',
    feedback: stored.feedback ?? undefined,
    reviewedBy: stored.reviewed_by ?? undefined,
    reason: status === 'expired' ? 'nobody decided in time' : undefined,
  };
}

function endUndecided(reason: string): CheckpointDecision {
  return { status: 'unavailable', isApproved: false, feedback: undefined, reviewedBy: undefined, reason };
}
