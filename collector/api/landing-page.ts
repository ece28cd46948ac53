import { createHash } from 'node:crypto';
import { operations } from '../contract/operations.js';
import type { Trace } from '../contract/shapes.js';

export interface LandingPage {
  version: string;
  /** `http://HOST:PORT` as the reader reached it. */
  endpoint: string;
  /** The same of OTLP over gRPC; null where that is off. */
  grpcEndpoint: string | null;
  /** Newest first. */
  traces: Trace[];
  /** Why there are no traces to show, where they could not be read. */
  notice: string | null;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: light-dark(#5b5b5b, #a8a8a8); --bad: light-dark(#b3261e, #ff8a80); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; }
p { margin: .5rem 0; }
pre, code { font: .9em/1.5 ui-monospace, monospace; }
pre { border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.name { white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
.number { text-align: right; }
.dim { color: var(--dim); }
.failed { color: var(--bad); font-weight: 600; }
`;

/** For the content security policy: the page's own style sheet, and no other, may be used. */
export const LANDING_STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** A page without scripts and outside assets: that it runs, where to send, what came last. */
export function renderLandingPage(page: LandingPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Spanledger</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Spanledger</h1>
<p class="dim">Version ${escapeHtml(page.version)}, running.</p>
</header>
<main>
<h2 id="send">Send telemetry</h2>
<p>OTLP over HTTP, protobuf or JSON. In the environment of what you want to watch:</p>
<pre><code>OTEL_EXPORTER_OTLP_ENDPOINT=${escapeHtml(page.endpoint)}
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf</code></pre>
${renderGrpc(page)}<h2 id="traces">Latest traces</h2>
${renderTraces(page)}
<h2 id="api">Query</h2>
<p><a href="${operations.traces.list.path}">Traces</a>,
<a href="${operations.sessions.list.path}">sessions</a>,
<a href="${operations.executions.list.path}">executions</a>,
<a href="${operations.ingest.issues.path}">ingest issues</a>;
all of it is described in <a href="${operations.openapi.get.path}">OpenAPI</a>.</p>
</main>
</body>
</html>
`;
}

function renderGrpc({ grpcEndpoint }: LandingPage): string {
  if (grpcEndpoint === null) return '';
  return `<p>Or over gRPC:</p>
<pre><code>OTEL_EXPORTER_OTLP_ENDPOINT=${escapeHtml(grpcEndpoint)}
OTEL_EXPORTER_OTLP_PROTOCOL=grpc</code></pre>
`;
}

function renderTraces({ traces, notice }: LandingPage): string {
  if (notice !== null) return `<p role="status">${escapeHtml(notice)}</p>`;
  if (traces.length === 0)
    return '<p role="status">None yet. What is sent shows up here at once; reload the page.</p>';
  return `<div class="scroll" role="region" aria-labelledby="traces" tabindex="0">
<table>
<thead><tr><th scope="col">Trace</th><th scope="col">Status</th><th scope="col">Started</th>
<th scope="col" class="number">Duration</th><th scope="col" class="number">Spans</th>
<th scope="col" class="number">Tokens</th><th scope="col" class="number">Cost</th></tr></thead>
<tbody>
${traces.map(renderTrace).join('\n')}
</tbody>
</table>
</div>`;
}

function renderTrace(trace: Trace): string {
  const path = (template: string) =>
    escapeHtml(template.replace('{trace_id}', () => encodeURIComponent(trace.trace_id)));
  const name = trace.name === '' ? trace.trace_id : trace.name;
  const state = trace.status === 'failed' ? ' class="failed"' : '';
  return `<tr><td class="name"><a href="${path(operations.traces.get.path)}">${escapeHtml(name)}</a>
<span class="dim"><a href="${path(operations.traces.tree.path)}">tree</a>
<a href="${path(operations.traces.summary.path)}">summary</a></span></td>
<td${state}>${escapeHtml(trace.status)}</td>
<td><time datetime="${escapeHtml(trace.started_at)}">${escapeHtml(trace.started_at.slice(0, 19).replace('T', ' '))}</time></td>
<td class="number">${renderDuration(trace.duration_ms)}</td>
<td class="number">${trace.span_count}</td>
<td class="number">${renderTokens(trace)}</td>
<td class="number">${trace.cost_usd === null ? '–' : `$${trace.cost_usd.toFixed(4)}`}</td></tr>`;
}

function renderDuration(millis: number): string {
  return millis < 1000 ? `${millis.toFixed(0)} ms` : `${(millis / 1000).toFixed(1)} s`;
}

function renderTokens(trace: Trace): string {
  if (trace.input_tokens === null && trace.output_tokens === null) return '–';
  return ((trace.input_tokens ?? 0) + (trace.output_tokens ?? 0)).toLocaleString('en-US');
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
