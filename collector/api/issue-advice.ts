/** What an issue of a code is, and what to change where it was sent. */
export interface IssueAdvice {
  title: string;
  meaning: string;
  advice: string;
}

/** Every code that an ingest issue can have; `docs/ingest-issues.md` is written from this. */
export const ISSUE_ADVICE: Readonly<Record<string, IssueAdvice>> = {
  OTLP_INVALID_TRACE_ID: {
    title: 'Trace id not valid',
    meaning: 'A record was refused: its trace id is not 16 bytes, or all zero.',
    advice: 'Let an OpenTelemetry SDK make the ids. In OTLP/JSON they are 32 hexadecimal digits, not base64.',
  },
  OTLP_INVALID_SPAN_ID: {
    title: 'Span id not valid',
    meaning: 'A record was refused: its span id is not 8 bytes, or all zero.',
    advice: 'Let an OpenTelemetry SDK make the ids. In OTLP/JSON they are 16 hexadecimal digits, not base64.',
  },
  OTLP_INVALID_PARENT_SPAN_ID: {
    title: 'Parent span id not valid',
    meaning: 'A span was refused: its parent span id is there, but not 8 bytes.',
    advice: 'Leave the parent span id out of a root span, instead of sending another text.',
  },
  OTLP_INVALID_UTF8: {
    title: 'Text that is not UTF-8',
    meaning: 'A text held bytes that are not UTF-8; each became U+FFFD. The rest was stored.',
    advice: 'Decode bytes before they become an attribute, or send them as a bytes value.',
  },
  OTLP_STRING_INDEX_IGNORED: {
    title: 'Text given by its index',
    meaning: 'A key or a text was given by its index in a table that only profiles have. It was ignored.',
    advice:
      'Send keys and texts themselves. The exporter is newer or more experimental than OTLP for traces.',
  },
  ROW_REFUSED: {
    title: 'Record that can not be stored',
    meaning:
      'A span, a log record or a data point was refused by the database, or by the collector on the way there. The others of its request were stored.',
    advice:
      'The message says what Postgres said, with the SQLSTATE. A constraint or trigger of that name is one that somebody added to the tables. Otherwise report it: what comes in should always be storable.',
  },
  ROW_NOT_TRIED: {
    title: 'Record among too many that can not be stored',
    meaning:
      'A request held so many records that were refused that the collector gave up telling them from the good ones; the record may be a good one. It was not stored.',
    advice:
      'See the reason in the message, and `ROW_REFUSED`. Until that is mended, smaller requests save more: lower `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` at the sender (512 by default).',
  },
  SPOOL_REQUEST_REJECTED: {
    title: 'Spooled request that can not be stored',
    meaning:
      'A request was acknowledged and kept on disk while the database was away, and the database refuses it for good.',
    advice:
      'It is kept, with the reason, in `rejected.ndjson` of the spool directory. Report the reason: what comes in should always be storable.',
  },
  ZIPKIN_INVALID_SPAN: {
    title: 'Zipkin span that is none',
    meaning:
      'A span sent as Zipkin JSON was refused: an id, a time or a field is not what Zipkin v2 has there.',
    advice:
      'The message names the field. Ids are hexadecimal, `timestamp` and `duration` whole microseconds, tags texts.',
  },
  ATTRIBUTE_JSON_INVALID: {
    title: 'JSON that can not be read',
    meaning:
      'An attribute that should hold JSON does not. It was stored as it came, but messages, arguments or counts in it are not understood.',
    advice:
      'If it ends in the middle, the sender cut it: raise or unset `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` and `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`. If it has single quotes or `None`, it is the text of a Python object: write it with `json.dumps`.',
  },
  ATTRIBUTES_DROPPED: {
    title: 'Attributes dropped by the sender',
    meaning: 'The SDK of the sender dropped attributes of a span, since there were more than its limit.',
    advice: 'Raise `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` at the sender (128 by default), to 1000 for example.',
  },
  EVENTS_DROPPED: {
    title: 'Span events dropped by the sender',
    meaning: 'The SDK of the sender dropped events of a span, since there were more than its limit.',
    advice: 'Raise `OTEL_SPAN_EVENT_COUNT_LIMIT` at the sender (128 by default).',
  },
  USAGE_UNUSABLE: {
    title: 'Token count that is none',
    meaning: 'A token count is negative, a fraction, not a number or too large. It counts as not reported.',
    advice: 'Send token counts as whole numbers; leave out what the model did not report.',
  },
  COST_UNUSABLE: {
    title: 'Cost that is none',
    meaning: 'A reported cost is negative or not a number. The call is priced from its tokens instead.',
    advice: 'Send the cost in US dollars as a number, or leave it out.',
  },
  USAGE_TOTAL_DIFFERS: {
    title: 'Token total that does not add up',
    meaning:
      'The sender’s own total is not the sum of its counts under any known way of counting. The counts are used, the total is not.',
    advice:
      'Compare `usage_as_sent` of the span with the answer of the model provider, and report the instrumentation if it is wrong.',
  },
  TIME_AHEAD: {
    title: 'Span from the future',
    meaning: 'A span starts more than ten minutes after it came in.',
    advice: 'Set the clock of the sender by NTP, and check that times are sent in nanoseconds since 1970.',
  },
  TIME_MISSING: {
    title: 'Span without a time',
    meaning: 'A span has no start time. It is shown at its end, or in 1970.',
    advice: 'Send `startTimeUnixNano` and `endTimeUnixNano`.',
  },
  END_BEFORE_START: {
    title: 'Span that ends before it starts',
    meaning: 'The end of a span is before its start. Its duration is taken as 0.',
    advice: 'Take both times from the same clock; a monotonic one for the duration.',
  },
  CLOCK_SKEW: {
    title: 'Clocks that disagree',
    meaning:
      'A span of one service begins more than a second before the span of another service that it belongs to.',
    advice: 'Set the clocks of both hosts by NTP. Durations are right, the order between the two is not.',
  },
  PARENT_CIRCLE: {
    title: 'Spans that are their own ancestors',
    meaning: 'The parents of some spans lead round in a circle. One of them is shown as a root.',
    advice: 'Do not use span ids twice, and let an OpenTelemetry SDK set the parents.',
  },
  TRACE_PARENT_MISSING: {
    title: 'Parent that did not come',
    meaning:
      'A trace has been quiet for a while, and spans of it name a parent that has not come. They are shown as roots, and the trace as not complete.',
    advice:
      'Send the spans of all services here, and let the process flush before it ends. A parent that was sampled out or is exported elsewhere is missing for good.',
  },
};

/** Advice for a code; of one that a later version noted, nothing is known here. */
export function adviseIssue(code: string): { title: string; advice: string } {
  const known = Object.hasOwn(ISSUE_ADVICE, code) ? ISSUE_ADVICE[code] : undefined;
  return { title: known?.title ?? code, advice: known?.advice ?? '' };
}

/** The text of `docs/ingest-issues.md`: every code with its meaning and what to change. */
export function renderIssueDocs(): string {
  const preface = [
    '# Ingest issues',
    'What was refused, repaired or not understood on the way in is noted, so that nothing is lost in silence: `spanledger issues`, `GET /api/v1/ingest/issues` and, by code and sender, `GET /api/v1/ingest/issues/summary`. An issue names the service, the trace, the span and the attribute where it can. Of one request the first hundred with the same code, service and scope are listed, and the last of them says how many more there were. They are kept as long as spans. Written by `renderIssueDocs()` in `collector/api/issue-advice.ts`.',
  ].join('\n\n');
  const sections = Object.entries(ISSUE_ADVICE).map(
    ([code, { title, meaning, advice }]) =>
      `## ${code}\n\n${title}. ${meaning}\n\n**What to change:** ${advice}\n`,
  );
  return `${preface}\n\n${sections.join('\n')}`;
}
