import type { Whereabouts } from '../../contract/whereabouts-shapes.js';
import { renderFields } from './fields.js';
import { renderAge, renderQuantity, UNKNOWN } from './figures.js';
import { renderIssueTable } from './issue-table.js';
import type { Canvas } from './paint.js';
import { wrapText } from './text.js';

/** The verdict, what it stands on, and what to check. */
export function renderWhereabouts(found: Whereabouts, canvas: Canvas): string {
  const { paint, width } = canvas;
  const verdict = wrapText(found.verdict, width)
    .map((line) => (found.known ? paint.green : paint.yellow)(line))
    .join('\n');
  const advice = found.advice.flatMap((text) =>
    wrapText(text.replaceAll('`', ''), Math.max(20, width - 4)).map(
      (line, index) => `${index === 0 ? '  - ' : '    '}${line}`,
    ),
  );
  return [
    verdict,
    renderFields(listFields(found, canvas), canvas),
    found.issues.length === 0 ? '' : renderIssueTable(found.issues, canvas),
    advice.length === 0 ? '' : `${paint.bold('To check')}\n${advice.join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function listFields(found: Whereabouts, { nowMillis }: Canvas) {
  const { trace, span, log_records: records, retention, spool } = found;
  const age = (time: string | null): string => (time === null ? UNKNOWN : renderAge(time, nowMillis));
  return [
    { label: 'trace', text: found.trace_id },
    { label: 'span', text: found.span_id },
    {
      label: 'spans',
      text:
        trace &&
        `${trace.span_count.toLocaleString('en-US')}, received ${age(trace.first_received_at)} to ${age(trace.last_received_at)}`,
    },
    { label: 'services', text: trace && trace.services.join(', ') },
    {
      label: 'it is',
      text:
        span &&
        `${span.type} ${span.name}, of ${span.service_name ?? 'an unnamed service'}, received ${age(span.received_at)}`,
    },
    { label: 'children', text: found.child_count === 0 ? null : renderQuantity(found.child_count, 'span') },
    {
      label: 'log records',
      text:
        records.count === 0
          ? null
          : `${records.count.toLocaleString('en-US')}, received ${age(records.first_received_at)} to ${age(records.last_received_at)}`,
    },
    {
      label: 'retention',
      text: retention.spans_days === null ? 'for ever' : renderQuantity(retention.spans_days, 'day'),
    },
    {
      label: 'spool',
      text:
        spool &&
        (spool.requests === 0
          ? 'empty'
          : `${renderQuantity(spool.requests, 'request')}, the oldest received ${age(spool.oldest_received_at)}`),
    },
  ];
}
