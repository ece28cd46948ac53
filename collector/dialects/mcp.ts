import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import { readIdentifier } from './readers/scalars.js';
import { identifier, json } from './sources.js';

const TOOL: readonly SpanType[] = ['tool', 'handoff'];

/** Spans of the Model Context Protocol (open-telemetry/semantic-conventions-genai:docs/gen-ai/mcp.md). */
export const mcp: Dialect = {
  name: 'mcp',
  speaks: 'otel-genai',
  roles: [
    {
      order: ROLE_ORDER.mcp,
      key: 'mcp.method.name',
      about: '`tools/call` is `tool`; any other value is `step`',
      read: (_view, value) => (value === 'tools/call' ? 'tool' : 'step'),
    },
  ],
  facts: {
    operation: [identifier('mcp.method.name', { isLate: true })],
    toolName: [
      {
        about: 'X of a span name `tools/call X`',
        derive: ({ data }) => readIdentifier(/^tools\/call (.+)$/.exec(data.name)?.[1]),
        only: TOOL,
      },
    ],
  },
  content: {
    toolArguments: [json('mcp.request.argument', { only: TOOL, isLate: true })],
    toolResult: [json('mcp.response.value', { only: TOOL, isLate: true })],
  },
};
