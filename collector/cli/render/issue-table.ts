import type { AdvisedIssue, IssueGroup } from '../../contract/answers.js';
import { renderShortAge, UNKNOWN } from './figures.js';
import type { Canvas } from './paint.js';
import { renderTable } from './table.js';

/** How often each code was noted of each sender, and below what to change, once a code. */
export function renderIssueSummary(groups: readonly IssueGroup[], canvas: Canvas): string {
  const { paint } = canvas;
  const table = renderTable(
    groups,
    [
      { title: 'CODE', read: (group) => group.code, brush: () => paint.yellow },
      { title: 'SERVICE', read: (group) => group.service_name ?? UNKNOWN, leastWidth: 10 },
      { title: 'SCOPE', read: (group) => group.scope_name ?? '', leastWidth: 10, dropOrder: 2 },
      { title: 'COUNT', align: 'right', read: (group) => group.count.toLocaleString('en-US') },
      { title: 'LAST', read: (group) => renderShortAge(group.last_at, canvas.nowMillis), dropOrder: 1 },
      { title: 'EXAMPLE', read: (group) => describeExample(group), leastWidth: 20, dropOrder: 3 },
    ],
    canvas,
  );
  const advice = [...new Map(groups.map((group) => [group.code, group])).values()]
    .filter((group) => group.advice !== '')
    .map(({ code, title, advice: text }) => `${paint.bold(code)}: ${title}.\n  ${text.replaceAll('`', '')}`);
  return [table, ...advice].join('\n\n');
}

function describeExample({ example }: IssueGroup): string {
  return example.key === null ? example.message : `${example.key}: ${example.message}`;
}

/** One line an issue, in the order given. */
export function renderIssueTable(issues: readonly AdvisedIssue[], canvas: Canvas): string {
  const { paint } = canvas;
  return renderTable(
    issues,
    [
      { title: 'AGE', read: (issue) => renderShortAge(issue.time, canvas.nowMillis) },
      { title: 'CODE', read: (issue) => issue.code, brush: () => paint.yellow },
      { title: 'SERVICE', read: (issue) => issue.service_name ?? UNKNOWN, leastWidth: 10 },
      { title: 'KEY', read: (issue) => issue.key ?? '', leastWidth: 22, dropOrder: 2 },
      { title: 'TRACE', read: (issue) => issue.trace_id ?? '', brush: () => paint.dim, dropOrder: 1 },
      { title: 'MESSAGE', read: (issue) => issue.message, leastWidth: 20 },
    ],
    canvas,
  );
}
