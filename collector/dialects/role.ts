import type { SpanType } from '../model/normalized-span.js';
import type { Dialect, LogSource } from './dialect.js';
import { knowShape } from './known-shape.js';
import { otelGenAi } from './otel-genai.js';
import { DIALECTS, REGISTRY, type RankedRole } from './registry.js';
import type { SpanView } from './span-view.js';

export interface Role {
  type: SpanType;
  /** null where only general words decided, or none. */
  dialect: string | null;
  /** The row of the table that decided; null for a log record, and where none did. */
  mark: RankedRole | null;
}

const SPEAKERS = DIALECTS.filter(({ isSpeaker }) => isSpeaker !== undefined);

const PLAIN_ROLE: Role = { type: 'span', dialect: null, mark: null };

/** The kind of work a span is, by the first mark in the order of all dialects' marks. */
export function findRole(view: SpanView): Role {
  if (view.eventName !== null) return findLogRole(view);
  for (const role of knowShape(view.shape).roles) {
    const value = role.key === undefined ? undefined : view.attributes.get(role.key);
    if (role.key !== undefined && (value === undefined || value === null)) continue;
    const type = role.read(view, value);
    if (type !== undefined) return { type, dialect: nameDialect(view, role.dialect), mark: role };
  }
  return PLAIN_ROLE;
}

/** What a log record reports, by the name of its event. */
function findLogRole(view: SpanView): Role {
  const source = findLogSource(view);
  if (source === undefined) return PLAIN_ROLE;
  const isOfConventions = source.dialect === otelGenAi.name;
  const dialect = isOfConventions ? nameDialect(view, otelGenAi) : source.dialect;
  return { type: source.type, dialect, mark: null };
}

/** The table's row for a log record; undefined where no dialect takes it for a report. */
export function findLogSource(view: SpanView): (LogSource & { dialect: string }) | undefined {
  return REGISTRY.logs.get(view.eventName ?? '')?.find(({ isOwn }) => isOwn?.(view) !== false);
}

function nameDialect(view: SpanView, { speaks, name: own, isGeneral }: Dialect): string | null {
  if (isGeneral === true) return null;
  const name = speaks ?? own;
  if (name !== otelGenAi.name) return name;
  return knowShape(view.shape).recallSpeaker(
    view.data.scope.name,
    () => SPEAKERS.find(({ isSpeaker }) => isSpeaker?.(view) === true)?.name ?? name,
  );
}

/**
 * A tool that only hands the work to another agent: `transfer_to_X` (LangGraph, OpenAI, Google ADK), `handoff_to_X`
 * or a span named `handoff to X` (OpenAI Agents bridge).
 */
export function isHandoff(toolName: string | undefined, spanName: string): boolean {
  const name = toolName ?? spanName;
  return (
    spanName.startsWith('handoff to ') || name.startsWith('transfer_to_') || name.startsWith('handoff_to_')
  );
}
