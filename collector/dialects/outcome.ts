import { findAttribute } from '../model/any-value.js';
import { cutIdentifier } from '../model/ids.js';
import type { Outcome } from '../model/normalized-span.js';
import type { SpanEventData } from '../model/span-data.js';
import type { Candidates } from './candidates.js';
import { knowShape } from './known-shape.js';
import { readFirstLine, readIdentifier, readString } from './readers/scalars.js';
import type { SpanView } from './span-view.js';

export interface Ending {
  outcome: Outcome;
  errorType: string | null;
  errorMessage: string | null;
}

const STATUS_ERROR = 2;
/** How far into a message with a stack the error's class is looked for. */
const STACK_HEAD_LIMIT = 4_000;

const COMPLETED: Ending = { outcome: 'completed', errorType: null, errorMessage: null };
const RUNNING: Ending = { outcome: 'running', errorType: null, errorMessage: null };

/** Aborts on somebody's wish, by the last word of the type. */
const CANCELLATIONS = new Set([
  'aborterror',
  'apiuseraborterror',
  'abort_err',
  'cancelled',
  'canceled',
  'cancellederror',
  'cancelederror',
]);

/** Exceptions by which frameworks pause a run for a person: LangGraph's in JavaScript and Python. */
const INTERRUPTS = new Set(['graphinterrupt', 'nodeinterrupt', 'interrupt', 'graphbubbleup']);

/** `DOMException.ABORT_ERR`: the OTel JS SDK writes an exception's `code`, where it has one, as its type. */
const ABORT_CODE = '20';

/**
 * How a span ended. An AI span failed also where only an exception event or an error type says so: LangSmith and
 * others leave the status unset or OK. A plain span is judged by its status and explicit marks alone, because there an
 * exception event may be one that was handled.
 */
export function readEnding(
  view: SpanView,
  candidates: Candidates,
  context: { isAi: boolean; isPending: boolean },
): Ending {
  if (context.isPending) return RUNNING;
  const isMarked = view.data.statusCode === STATUS_ERROR || findFailureMark(view) !== undefined;
  if (!isMarked && !context.isAi) return COMPLETED;
  const exception = findException(view);
  const namedType = candidates.read('errorType');
  if (!isMarked && exception === undefined && namedType === undefined) return COMPLETED;
  const errorType = namedType ?? readExceptionType(exception) ?? findTypeInStack(view, exception) ?? null;
  const errorMessage =
    readFirstLine(view.data.statusMessage) ??
    readFirstLine(exception && findAttribute(exception.attributes, 'exception.message')) ??
    candidates.read('errorMessage') ??
    null;
  return { outcome: judge(errorType, errorMessage), errorType, errorMessage };
}

/** The attribute that marks a failure, whatever the status says. */
export function findFailureMark(view: SpanView): { key: string; dialect: string } | undefined {
  for (const { key, isFailure, isOwn, except, dialect } of knowShape(view.shape).failures) {
    if ((isOwn === true && view.dialect !== dialect) || except?.includes(view.type) === true) continue;
    const value = view.attributes.get(key);
    if (value !== undefined && isFailure(value)) return { key, dialect };
  }
  return undefined;
}

function findException(view: SpanView): SpanEventData | undefined {
  return view.data.events.length === 0
    ? undefined
    : view.data.events.findLast((event) => event.name === 'exception');
}

function readExceptionType(exception: SpanEventData | undefined): string | undefined {
  return exception && readIdentifier(findAttribute(exception.attributes, 'exception.type'));
}

/** LangChain's tracer sends `message\n\nClass: message\n    at …` as one text and no type. */
function findTypeInStack(view: SpanView, exception: SpanEventData | undefined): string | undefined {
  const texts = [
    view.data.statusMessage,
    readString(exception && findAttribute(exception.attributes, 'exception.message')),
  ];
  for (const text of texts) {
    const match = /\n\n([A-Za-z_$][\w$.]{0,199})(?::|\n|$)/.exec(text?.slice(0, STACK_HEAD_LIMIT) ?? '');
    if (match?.[1] !== undefined) return cutIdentifier(match[1]);
  }
  return undefined;
}

function judge(errorType: string | null, errorMessage: string | null): Outcome {
  const name = (errorType ?? '').split('.').at(-1)?.toLowerCase() ?? '';
  if (CANCELLATIONS.has(name)) return 'cancelled';
  if (errorType === ABORT_CODE && /abort/i.test(errorMessage ?? '')) return 'cancelled';
  return INTERRUPTS.has(name) ? 'waiting' : 'failed';
}
