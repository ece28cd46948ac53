import { randomUUID } from 'node:crypto';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { ApiSettings } from '../../config/api.js';
import { readMessage } from '../../operations/failures.js';
import { step } from '../../operations/tool.js';
import { ATTR } from '../../semconv.js';
import { warn } from '../../setup/warn.js';
import { SpanledgerApiError } from '../api/api-error.js';
import { isAborted, pause } from '../api/poll.js';
import { findApi, flushRecords, request, type Page } from '../api/request.js';
import { emitRecord } from '../emit-record.js';

/** A question that came in, with what can be said to it. None of its methods throws; each can be called any time. */
export interface IncomingQuestion {
  /** The conversation's id. */
  readonly id: string;
  /** What is asked. */
  readonly text: string;
  /** What kind of question it is, where the asker said so. */
  readonly type: string | undefined;
  /** The agent that asks, where it said so. */
  readonly askerId: string | undefined;
  /** The role of the agent that asks, where it said so. */
  readonly askerRole: string | undefined;
  /** 0 for the first who was asked, 1 for the next, … */
  readonly escalationLevel: number;
  /** What the asker gave beside the question, any JSON value. */
  readonly metadata: unknown;
  /** Says "please wait": the time to answer begins anew. */
  acknowledge(text?: string): void;
  /** Answers; the question is then settled. */
  answer(text: string): void;
  /** Says that somebody else must answer, an expert of a role where one is named. */
  cantHelp(reason: string, expertRole?: string): void;
}

/**
 * Looks at a question. A text that it gives is the answer, where none was given before. An error says that it can't help, so
 * that the question goes on to the next.
 */
export type QuestionHandler = (
  question: IncomingQuestion,
) => string | undefined | Promise<string | undefined> | Promise<void>;

/** How questions are listened for. */
export interface OnQuestionOptions {
  /** The responder's own id, written as author of what it says; questions to this id come in too. */
  responderId?: string | undefined;
  /** Only questions within this squad. */
  squad?: string | undefined;
  /** How often it is asked for questions, in milliseconds. Default 1,000. */
  pollMillis?: number | undefined;
  /** Stops listening. */
  signal?: AbortSignal | undefined;
}

/** Questions are being listened for. */
export interface Listening {
  /** Listens no more; resolves when the handlers that run are done and what they said is sent. */
  stop(): Promise<void>;
}

/** A conversation as the query API lists it; what is not read here is left out. */
interface StoredQuestion {
  id: string;
  question?: string | null;
  question_type?: string | null;
  asker_id?: string | null;
  asker_role?: string | null;
  responder_role?: string | null;
  responder_id?: string | null;
  escalation_level?: number | null;
  metadata?: unknown;
}

/** States in which somebody is to answer (spec/conversations.md, State machine). */
const OPEN_STATES = ['initiated', 'follow_up', 'escalated'] as const;
const POLL_MILLIS = 1_000;
const LONGEST_PAUSE_MILLIS = 30_000;
/** Conversations that are known to have been handled; older ones are settled or belong to somebody else by then. */
const MAX_REMEMBERED = 10_000;

/**
 * Lets a function answer the questions that are routed to a role: each once for each time that it is routed here, each in a
 * span of its own. The process stays alive while it listens. Where the SDK is not initialised nothing comes in; where the
 * collector can't be asked, a warning says why and it is tried again.
 */
export function onQuestion(
  role: string,
  handler: QuestionHandler,
  options: OnQuestionOptions = {},
): Listening {
  const stopped = new AbortController();
  const signal =
    options.signal === undefined ? stopped.signal : AbortSignal.any([options.signal, stopped.signal]);
  const listener = new Listener(role, handler, options);
  const api = tryFindApi();
  // Outside of the span that is active here: that one ends, listening goes on.
  const done =
    api === undefined ? Promise.resolve() : context.with(ROOT_CONTEXT, () => listener.listen(api, signal));
  return {
    stop: async () => {
      stopped.abort();
      await done;
      await listener.settle();
    },
  };
}

function tryFindApi(): ApiSettings | undefined {
  try {
    return findApi();
  } catch (error) {
    warn(`no questions are listened for: ${readMessage(error)}`);
    return undefined;
  }
}

class Listener {
  readonly #role: string;
  readonly #handler: QuestionHandler;
  readonly #options: OnQuestionOptions;
  /** By conversation, the level at which it was last handled here. */
  readonly #handledLevels = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #hasWarned = false;

  constructor(role: string, handler: QuestionHandler, options: OnQuestionOptions) {
    this.#role = role;
    this.#handler = handler;
    this.#options = options;
  }

  async listen(api: ApiSettings, signal: AbortSignal): Promise<void> {
    const { pollMillis = POLL_MILLIS } = this.#options;
    let pauseMillis = pollMillis;
    while (!signal.aborted) {
      try {
        this.#take(await this.#readOpen(api, signal));
        this.#hasWarned = false;
        pauseMillis = pollMillis;
      } catch (error) {
        if (isAborted(signal)) return;
        this.#warnOnce(error);
        pauseMillis = Math.min(pauseMillis * 2, LONGEST_PAUSE_MILLIS);
      }
      await pause(pauseMillis, signal).catch(() => undefined);
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.#running);
    await flushRecords();
  }

  async #readOpen(api: ApiSettings, signal: AbortSignal): Promise<StoredQuestion[]> {
    const { squad, responderId } = this.#options;
    const page = await request<Page<StoredQuestion>>(api, {
      path: '/conversations',
      query: {
        state: OPEN_STATES,
        responder: responderId === undefined ? this.#role : [this.#role, responderId],
        squad,
        limit: 500,
      },
      signal,
    });
    return page?.data ?? [];
  }

  #take(questions: readonly StoredQuestion[]): void {
    for (const question of questions) {
      const level = question.escalation_level ?? 0;
      const handledLevel = this.#handledLevels.get(question.id);
      if (handledLevel !== undefined && handledLevel >= level) continue;
      this.#remember(question.id, level);
      const running = this.#handle(question).finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
  }

  /** Last in the order of the map, whose first is forgotten when there are too many. */
  #remember(id: string, level: number): void {
    this.#handledLevels.delete(id);
    this.#handledLevels.set(id, level);
    const [first] = this.#handledLevels.keys();
    if (this.#handledLevels.size > MAX_REMEMBERED && first !== undefined) this.#handledLevels.delete(first);
  }

  async #handle(stored: StoredQuestion): Promise<void> {
    const attributes = { [ATTR.agentConversationId]: stored.id };
    let isSettled = false;
    await step(
      { name: `question to ${this.#role}`, attributes, input: stored.question ?? undefined },
      async (operation) => {
        const question = this.#createQuestion(stored, () => {
          isSettled = true;
        });
        try {
          const text = await this.#handler(question);
          if (typeof text === 'string' && !isSettled) question.answer(text);
        } catch (error) {
          operation.recordError(error);
          if (!isSettled) question.cantHelp(readMessage(error));
        }
      },
    );
    // A question should not wait for the next batch.
    await flushRecords();
  }

  #createQuestion(stored: StoredQuestion, settle: () => void): IncomingQuestion {
    const by = { authorId: this.#options.responderId, authorRole: this.#role };
    const { id } = stored;
    return {
      id,
      text: stored.question ?? '',
      type: stored.question_type ?? undefined,
      askerId: stored.asker_id ?? undefined,
      askerRole: stored.asker_role ?? undefined,
      escalationLevel: stored.escalation_level ?? 0,
      metadata: stored.metadata ?? undefined,
      acknowledge(text) {
        emitRecord('conversation.acknowledged', { id, messageId: randomUUID(), text, ...by });
        void flushRecords();
      },
      answer(text) {
        settle();
        emitRecord('conversation.answered', { id, messageId: randomUUID(), answer: text, ...by });
      },
      cantHelp(reason, expertRole) {
        settle();
        emitRecord('conversation.cant_help', { id, messageId: randomUUID(), reason, expertRole, ...by });
      },
    };
  }

  #warnOnce(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const advice =
      error instanceof SpanledgerApiError && error.status === 404
        ? ' (its collector knows no conversations: a newer one does)'
        : '';
    warn(`questions to ${this.#role} can't be read, it is tried again: ${readMessage(error)}${advice}`);
  }
}
