import {
  context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { quietly } from '../quietly.js';
import { ATTR } from '../semconv.js';
import { state } from '../setup/state.js';
import { isContentCaptured } from '../setup/tracer.js';
import { recordFailure } from './failures.js';
import type { OperationKind } from './kinds.js';

/** Tokens that a model call took. Cached and reasoning tokens are inside the others, as the conventions count. */
export interface Usage {
  /** All input tokens, those read from and written to a cache inside. */
  inputTokens?: number | undefined;
  /** All output tokens, reasoning inside. */
  outputTokens?: number | undefined;
  /** Of the input, those read from a cache. */
  cachedInputTokens?: number | undefined;
  /** Of the input, those written to a cache. */
  cacheWriteTokens?: number | undefined;
  /** Of the output, those spent on reasoning. */
  reasoningTokens?: number | undefined;
}

/** What a model's answer says of itself. */
export interface ResponseFacts {
  /** The provider's id of the answer. */
  id?: string | undefined;
  /** The model that answered, where it is not the one that was asked for. */
  model?: string | undefined;
  /** Why the model stopped, for each choice. */
  finishReasons?: readonly string[] | undefined;
}

/** An evaluation's verdict. */
export interface Score {
  /** The score as a number. */
  value?: number | undefined;
  /** The score as a word, such as `pass`. */
  label?: string | undefined;
  /** Why. */
  explanation?: string | undefined;
}

const KEY = createContextKey('spanledger.operation');

/**
 * An agent's run, a model call, a tool call or other work that is recorded, while it is open. No method throws; after
 * the end, and where nothing is recorded, they do nothing. All give the operation itself, so that calls chain.
 */
export class Operation {
  /** The OTel span, for what has no method here. It is ended by the SDK. */
  readonly span: Span;
  /** The OTel context with this operation active, for callbacks that lost it. */
  readonly context: Context;
  readonly #kind: OperationKind | undefined;
  readonly #startedAt = readMillis();
  #hasOutput = false;
  #isKeptOpen = false;
  #hasFailed = false;
  #hasEnded = false;
  #finish: (() => void) | undefined;

  /** Made by the SDK alone. */
  constructor(span: Span, parent: Context, kind?: OperationKind) {
    this.span = span;
    this.#kind = kind;
    this.context = kind === undefined ? parent : trace.setSpan(parent, span).setValue(KEY, this);
  }

  /** Whether what is set here goes anywhere: false before `init` and where the trace is not sampled. */
  get isRecording(): boolean {
    return !this.#hasEnded && this.span.isRecording();
  }

  /**
   * Sets what the operation was given: messages for models and agents, arguments for tools, the query for a
   * retrieval. Takes a text, messages of the conventions, of OpenAI or of Anthropic, or any value that JSON can say.
   */
  setInput(value: unknown): this {
    return this.#setContent(() => this.#kind?.input(value));
  }

  /** Sets what came out, in place of what the function returns: messages, a tool's result or documents. */
  setOutput(value: unknown): this {
    this.#hasOutput = true;
    return this.#setContent(() => this.#kind?.output(value));
  }

  /** Records nothing of what the function returns. */
  omitOutput(): this {
    this.#hasOutput = true;
    return this;
  }

  /** Sets the tokens that were used. Counts that are no whole numbers of zero or more are left out. */
  setUsage(usage: Usage): this {
    return this.#set(() => {
      const found: Attributes = {};
      setCount(found, ATTR.inputTokens, usage.inputTokens);
      setCount(found, ATTR.outputTokens, usage.outputTokens);
      setCount(found, ATTR.cacheReadTokens, usage.cachedInputTokens);
      setCount(found, ATTR.cacheWriteTokens, usage.cacheWriteTokens);
      setCount(found, ATTR.reasoningTokens, usage.reasoningTokens);
      return found;
    });
  }

  /** Sets what it cost, in US dollars; it wins over what would be computed from the tokens. */
  setCost(usd: number): this {
    return this.#set(() => (Number.isFinite(usd) && usd >= 0 ? { [ATTR.cost]: usd } : {}));
  }

  /** Sets the model that answered. */
  setModel(model: string): this {
    return this.setResponse({ model });
  }

  /** Sets the answer's id, its model and why it stopped. */
  setResponse(facts: ResponseFacts): this {
    return this.#set(() => {
      const { id, model, finishReasons } = facts;
      return {
        ...(id !== undefined && { [ATTR.responseId]: id }),
        ...(model !== undefined && { [ATTR.responseModel]: model }),
        ...(finishReasons !== undefined && { [ATTR.responseFinishReasons]: [...finishReasons] }),
      };
    });
  }

  /** Sets the verdict of an evaluation. */
  setScore(score: Score): this {
    return this.#set(() => {
      const { value, label, explanation } = score;
      return {
        ...(value !== undefined && { [ATTR.evaluationScoreValue]: value }),
        ...(label !== undefined && { [ATTR.evaluationScoreLabel]: label }),
        ...(explanation !== undefined && { [ATTR.evaluationExplanation]: explanation }),
      };
    });
  }

  /** Sets attributes of any name. */
  setAttributes(attributes: Attributes): this {
    return this.#set(() => attributes);
  }

  /** Links another span, such as the attempt that this one repeats. */
  addLink(link: Link | SpanContext): this {
    if (this.isRecording) quietly(() => this.span.addLink('context' in link ? link : { context: link }));
    return this;
  }

  /** Marks the operation as failed by an error that is handled and not thrown; an AbortError marks it as cancelled. */
  recordError(error: unknown): this {
    if (!this.isRecording) return this;
    this.#hasFailed = true;
    quietly(() => {
      recordFailure(this.span, error);
    });
    return this;
  }

  /**
   * Says that the first chunk of the answer is there, for streams that the SDK can't see itself. For model calls this
   * is the time to the first chunk; for other operations it does nothing.
   */
  markFirstChunk(): this {
    return this.#set(() =>
      this.#kind?.isModelCall === true
        ? {
            [ATTR.requestStream]: true,
            [ATTR.responseTimeToFirstChunk]: (readMillis() - this.#startedAt) / 1000,
          }
        : undefined,
    );
  }

  /**
   * Keeps the span open when the function returns, for work that goes on behind what it returned, such as an object
   * with a stream in it. `end` or `fail` must then be called. An error that the function throws ends it all the same.
   */
  keepOpen(): this {
    this.#isKeptOpen = true;
    return this;
  }

  /**
   * Ends the span, with a result as output unless an output was set. Needed only after `keepOpen`: otherwise the
   * function's end does it, or that of the promise or stream that it returns. A second call does nothing.
   */
  end(result?: unknown): void {
    if (this.#hasEnded) return;
    const finish = this.#finish;
    this.#finish = undefined;
    if (finish !== undefined) quietly(finish);
    if (result !== undefined && !this.#hasOutput && !this.#hasFailed) {
      this.#setContent(() => this.#kind?.result(result));
    }
    this.#hasEnded = true;
    quietly(() => {
      this.span.end();
    });
  }

  /** Ends the span as failed, or as cancelled by an AbortError. See `end`. */
  fail(error: unknown): void {
    if (this.#hasEnded) return;
    this.recordError(error);
    this.end();
  }

  /**
   * The function has returned, its promise was kept, or its stream was drained.
   * @internal
   */
  complete(result?: unknown): void {
    if (!this.#isKeptOpen) this.end(result);
  }

  /**
   * Has something set just before the end, whatever brings it about: what was read of a stream so far.
   * @internal
   */
  beforeEnd(finish: () => void): void {
    this.#finish = finish;
  }

  #setContent(render: () => Attributes | undefined): this {
    return isContentCaptured() ? this.#set(render) : this;
  }

  #set(render: () => Attributes | undefined): this {
    if (!this.isRecording) return this;
    quietly(() => {
      const attributes = render();
      if (attributes !== undefined) this.span.setAttributes(attributes);
    });
    return this;
  }
}

/** The operation of those who run while nothing is recorded. */
export const NO_OPERATION = new Operation(trace.wrapSpanContext(INVALID_SPAN_CONTEXT), ROOT_CONTEXT);

/**
 * The operation that is active here: the innermost one of this SDK around the running code. Outside of any, one
 * whose methods do nothing.
 */
export function current(): Operation {
  return (context.active().getValue(KEY) as Operation | undefined) ?? NO_OPERATION;
}

/** Milliseconds from any moment on. */
function readMillis(): number {
  return state.readMillis?.() ?? performance.now();
}

function setCount(into: Attributes, name: string, count: number | undefined): void {
  if (count !== undefined && Number.isSafeInteger(count) && count >= 0) into[name] = count;
}
