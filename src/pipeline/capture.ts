import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import { copySpan } from './copy-span.js';
import { isContentEvent, isContentKey } from './content-keys.js';

/**
 * How much leaves the process. `all`: everything. `metadata`: no messages, prompts, instructions, tool arguments or
 * results, of whatever instrumentation they come, but all facts about the calls, one's own attributes and errors.
 * `none`: only keys of known conventions that hold names, ids, numbers and error types; no text that anybody wrote, so
 * that error messages and stack traces stay away too.
 */
export type CaptureLevel = 'all' | 'metadata' | 'none';

/** A level for all, or one for the attributes of spans and another for their events. */
export type CaptureOptions =
  | CaptureLevel
  | {
      /** Of the attributes of spans. */
      spans: CaptureLevel;
      /** Of the attributes of their events. */
      events: CaptureLevel;
    };

/**
 * What `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` asks for; undefined where it is unset, empty or no known
 * value. The forms are those of
 * open-telemetry/opentelemetry-python-contrib:util/opentelemetry-util-genai (NO_CONTENT, SPAN_ONLY, EVENT_ONLY,
 * SPAN_AND_EVENT) and the older `true` and `false`, in any case.
 */
export function parseCaptureVariable(value: string | undefined): CaptureOptions | undefined {
  switch (value?.trim().toLowerCase()) {
    case 'true':
    case '1':
    case 'span_and_event':
      return 'all';
    case 'false':
    case '0':
    case 'no_content':
      return 'metadata';
    case 'span_only':
      return { spans: 'all', events: 'metadata' };
    case 'event_only':
      return { spans: 'metadata', events: 'all' };
    default:
      return undefined;
  }
}

/** Creates what takes away all that the level leaves out; undefined where nothing is. */
export function createCapture(options: CaptureOptions): ((span: ReadableSpan) => ReadableSpan) | undefined {
  const { spans, events } = typeof options === 'string' ? { spans: options, events: options } : options;
  if (spans === 'all' && events === 'all') return undefined;
  return (span) => {
    const kept = filterAttributes(span.attributes, spans);
    const keptEvents = filterEvents(span.events, events);
    const keptLinks =
      spans === 'none'
        ? span.links.map((link) =>
            link.attributes === undefined
              ? link
              : { ...link, attributes: filterAttributes(link.attributes, spans) },
          )
        : span.links;
    return copySpan(span, {
      attributes: kept,
      events: keptEvents,
      links: keptLinks,
      status: spans === 'none' ? { code: span.status.code } : span.status,
    });
  };
}

function filterEvents(events: TimedEvent[], level: CaptureLevel): TimedEvent[] {
  if (level === 'all' || events.length === 0) return events;
  return events.map((event) => {
    if (event.attributes === undefined) return event;
    const isContent = isContentEvent(event.name);
    return { ...event, attributes: filterAttributes(event.attributes, level, isContent) };
  });
}

function filterAttributes(attributes: Attributes, level: CaptureLevel, isContent = false): Attributes {
  if (level === 'all') return attributes;
  const kept: Attributes = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (isContentKey(key) || (isContent && !isFactOfMessage(key))) continue;
    if (level === 'none' && !isPlainFact(key, value)) continue;
    kept[key] = value;
  }
  return kept;
}

/** Of events that are messages, only what stands around these: the rest of the event is their body. */
function isFactOfMessage(key: string): boolean {
  return PLAIN_FACTS.test(key) || MESSAGE_FACTS.has(key);
}

const MESSAGE_FACTS: ReadonlySet<string> = new Set(['event.name', 'index', 'finish_reason', 'role', 'id']);

/**
 * Keys of conventions whose values name, identify or count. Descriptions are left out: they are written by people.
 * (GenAI, HTTP, RPC, database, server, session, user, error and MCP registries of the semantic conventions; ours.)
 */
const PLAIN_FACTS =
  /^(?:gen_ai\.(?:operation\.name|provider\.name|system|output\.type|(?:usage|aggregated_usage)\..*|(?:conversation|data_source)\.id|workflow\.(?:id|name)|token\.type|embeddings\.dimension\.count|request\.(?:model|temperature|top_[kp]|max_tokens|seed|stream|(?:frequency|presence)_penalty|choice\.count|encoding_formats|reasoning\.\w+)|response\.(?:id|model|finish_reasons?|time_to_first_chunk|service_tier)|agent\.(?:id|name|version|call\.id)|tool\.(?:name|type|call\.id|call_id)|evaluation\.(?:name|score\..*))|openai\.(?:api\.type|(?:request|response)\.(?:service_tier|system_fingerprint))|session\.(?:id|previous_id)|user\.id|error\.type|exception\.type|server\.(?:address|port)|http\.(?:request\.method|response\.status_code|route)|rpc\.(?:system|service|method)|db\.(?:system|system\.name|namespace|operation\.name)|mcp\.(?:method\.name|session\.id|protocol\.version)|otel\.status_code|openinference\.span\.kind|traceloop\.span\.kind|langfuse\.observation\.type|mastra\.span\.type|ai\.(?:operationId|model\.id|model\.provider|usage\..*|toolCall\.(?:id|name)|response\.(?:id|model|finishReason))|llm\.(?:token_count\..*|model_name|provider|system|cost\..*)|operation\.cost|spanledger\.(?:pending|record|link|attempt|truncated|cost\..*|[a-z_.]+\.(?:(?:[a-z_]+_)?(?:ids?|type|role)|version|cause|schema|valid|status|state|step|step_number|current_step|risk|confidence|key|from|to|size_bytes|sha256)))$/;

function isPlainFact(key: string, value: AttributeValue | undefined): boolean {
  if (!PLAIN_FACTS.test(key)) return false;
  return typeof value !== 'string' || value.length <= MAX_FACT_LENGTH;
}

/** No name or id is longer (spec/README.md, Common rules: 1 to 200 characters); what is, is text. */
const MAX_FACT_LENGTH = 256;
