import { trace, type Attributes, type AttributeValue, type Span } from '@opentelemetry/api';
import { current, Operation } from '../operations/operation.js';
import type { Start } from '../operations/run.js';
import { ATTR } from '../semconv.js';
import { isContentCaptured } from '../setup/tracer.js';
import { readActiveAttributes } from './others.js';

/**
 * An operation that fills in the `generation` around a call, where the active span is one of this SDK's: its owner ends
 * it. What its owner has said of the request stays. Undefined where the span is somebody else's.
 */
export function borrowActiveOperation(describe: () => Start): Operation | undefined {
  const owner = current();
  const known = readActiveAttributes();
  if (owner.span !== trace.getActiveSpan() || known === undefined) return undefined;
  const { kind, options, attributes } = describe();
  const isInputWanted = options.input !== undefined && isContentCaptured();
  const said = {
    ...attributes,
    ...options.attributes,
    ...(isInputWanted && kind.input(options.input)),
  };
  owner.setAttributes(Object.fromEntries(Object.entries(said).filter(([key]) => known[key] === undefined)));
  return new Operation(borrowSpan(owner.span), owner.context, kind);
}

/**
 * A span that takes what is said of an answer. It does not end, and takes no failure: the owner may handle it, try again,
 * or let it pass and record it then.
 */
function borrowSpan(owner: Span): Span {
  const span: Span = {
    spanContext: () => owner.spanContext(),
    isRecording: () => owner.isRecording(),
    setAttribute(key: string, value: AttributeValue) {
      if (key !== ATTR.errorType) owner.setAttribute(key, value);
      return span;
    },
    setAttributes(attributes: Attributes) {
      owner.setAttributes(attributes);
      return span;
    },
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: () => span,
    updateName: () => span,
    recordException: () => undefined,
    end: () => undefined,
  };
  return span;
}
