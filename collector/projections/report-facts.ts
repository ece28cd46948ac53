import type { Usage } from '../model/gen-ai.js';
import type { SpanFacts } from '../model/normalized-span.js';
import type { TraceSpan } from '../model/rows.js';
import { readReportedCost } from './costs.js';
import { fillClasses, findPriced } from './counts.js';

/** What a record fills in where the span says nothing. Whose work it is stays what the spans say. */
type Filled = Pick<
  SpanFacts,
  | 'requestModel'
  | 'responseModel'
  | 'provider'
  | 'responseId'
  | 'toolName'
  | 'toolCallId'
  | 'agentName'
  | 'agentId'
  | 'attempt'
>;

/**
 * How much a span or a record says of its call: that which says most is believed where their counts differ. Codex and
 * Gemini CLI say more in records (the model; reasoning), Claude Code and Copilot in spans.
 */
export function countTold({ facts }: TraceSpan): number {
  const counts = Object.values(facts.usage).filter((tokens) => tokens !== null).length;
  const model = facts.responseModel ?? facts.requestModel;
  return counts === 0 ? 0 : counts * 2 + (model === null ? 0 : 1);
}

/**
 * A span with what the records of the same call or tool run, in order, say of it besides. Prompts and answers only have
 * contents to add.
 */
export function addReports(
  span: TraceSpan,
  records: readonly TraceSpan[],
): { span: TraceSpan; usageFrom: TraceSpan | null } {
  const reports = records.filter(({ facts }) => facts.type !== 'event');
  if (reports.length === 0) return { span, usageFrom: null };
  const members = [span, ...reports];
  const counted = findCounted(span, reports);
  const costs = members.map(readReportedCost).filter((cost) => cost !== null);
  const finishing = members.find(({ facts }) => facts.finishReasons.length > 0);
  const usage = members.reduce((filled, { facts }) => fillClasses(filled, facts.usage), counted.facts.usage);
  const facts: SpanFacts = {
    ...span.facts,
    ...fill(members),
    ...readOutcome(span, reports),
    ...readPrice(members, counted, usage),
    finishReasons: finishing?.facts.finishReasons ?? [],
    usage,
    reportedCostUsd: costs[0] ?? span.facts.reportedCostUsd,
  };
  return { span: { ...span, facts }, usageFrom: counted === span ? null : counted };
}

/** The member that says most of the call; the span where none says more. */
function findCounted(span: TraceSpan, reports: readonly TraceSpan[]): TraceSpan {
  let best = span;
  for (const report of reports) if (countTold(report) > countTold(best)) best = report;
  return best;
}

function fill(members: readonly TraceSpan[]): Filled {
  const first = <F extends keyof Filled>(field: F): Filled[F] => {
    for (const { facts } of members) if (facts[field] !== null) return facts[field];
    return null;
  };
  return {
    requestModel: first('requestModel'),
    responseModel: first('responseModel'),
    provider: first('provider'),
    responseId: first('responseId'),
    toolName: first('toolName'),
    toolCallId: first('toolCallId'),
    agentName: first('agentName'),
    agentId: first('agentId'),
    attempt: first('attempt'),
  };
}

/** The price of the counts that are taken, by whichever member with these counts has one. */
function readPrice(
  members: readonly TraceSpan[],
  counted: TraceSpan,
  usage: Usage,
): Pick<SpanFacts, 'computedCostUsd' | 'priceRef'> {
  const priced = [counted, ...members].filter(({ facts }) => facts.computedCostUsd !== null);
  const payer = findPriced(priced, usage, ({ facts }) => facts.usage) ?? counted;
  const { computedCostUsd, priceRef } = payer.facts;
  return { computedCostUsd, priceRef };
}

type Ending = Pick<SpanFacts, 'outcome' | 'errorType' | 'errorMessage'>;

/** A failure that only a record tells is the span's; senders leave the status of failed tools as it is. */
function readOutcome({ facts }: TraceSpan, reports: readonly TraceSpan[]): Ending {
  const { outcome, errorType, errorMessage } = facts;
  const failed = reports.find((report) => report.facts.outcome === 'failed')?.facts;
  if (failed === undefined || (outcome !== 'completed' && outcome !== 'failed')) {
    return { outcome, errorType, errorMessage };
  }
  return {
    outcome: 'failed',
    errorType: errorType ?? failed.errorType,
    errorMessage: errorMessage ?? failed.errorMessage,
  };
}
