import type { SpanType } from '../model/normalized-span.js';
import { REGISTRY } from './registry.js';
import type { SpanView } from './span-view.js';

export interface Role {
  type: SpanType;
  /** null where only general words decided, or none. */
  dialect: string | null;
}

const PLAIN_ROLE: Role = { type: 'span', dialect: null };

/** The kind of work a span is, by the first mark in the order of all dialects' marks. */
export function findRole(view: SpanView): Role {
  for (const role of REGISTRY.roles) {
    const value = role.key === undefined ? undefined : view.attributes.get(role.key);
    if (role.key !== undefined && (value === undefined || value === null)) continue;
    const type = role.read(view, value);
    if (type !== undefined)
      return { type, dialect: role.dialect.isGeneral === true ? null : role.dialect.name };
  }
  return PLAIN_ROLE;
}

/**
 * A tool that only hands the work to another agent: `transfer_to_X` (LangGraph, OpenAI, Google ADK), `handoff_to_X`
 * or a span named `handoff to X` (OpenAI Agents bridge).
 */
export function isHandoff(toolName: string | undefined, spanName: string): boolean {
  return spanName.startsWith('handoff to ') || /^(?:transfer|handoff)_to_/.test(toolName ?? spanName);
}
