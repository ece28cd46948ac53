import { randomUUID } from 'node:crypto';
import { readMessage } from '../../operations/failures.js';
import { findApi, flushRecords, request } from '../api/request.js';
import { pollUntil, type WaitOptions } from '../api/poll.js';
import { emitRecord } from '../emit-record.js';

/** Who asks, who should answer, and about what. */
export interface AskOptions {
  /** The conversation's id, 1 to 200 characters. Default: a new one. */
  id?: string | undefined;
  /** What kind of question it is, by which rules may route it, such as `architecture`. */
  type?: string | undefined;
  /** The agent that asks. */
  askerId?: string | undefined;
  /** The role of the agent that asks, by which rules route the question. */
  askerRole?: string | undefined;
  /** The squad whose rules route the question. */
  squad?: string | undefined;
  /** The organization whose rules route it where the squad has none. */
  organization?: string | undefined;
  /** The agent that shall answer, where no rule is to choose. */
  responderId?: string | undefined;
  /** The execution that the question is about. */
  taskExecutionId?: string | undefined;
  /** Any value that JSON can say. */
  metadata?: unknown;
}

/** How a question ended. */
export interface Answer {
  /**
   * `answered`; `cancelled` by the asker; `unresolved`, when nobody is left to ask; `unavailable`, when the answer could not
   * be read, for the reason that `reason` says.
   */
  state: 'answered' | 'cancelled' | 'unresolved' | 'unavailable';
  /** What was answered; undefined in all other states. */
  text: string | undefined;
  /** Who answered, where that is known. */
  answeredBy: string | undefined;
  /** Why there is no answer. */
  reason: string | undefined;
}

/** A question that was asked. */
export interface Question {
  /** The conversation's id. */
  readonly id: string;
  /**
   * Waits for the answer, without end unless a time is given. It can be called again, as after `unresolved`: a late answer
   * counts. Rejects with the signal's reason alone.
   */
  answer(options?: WaitOptions): Promise<Answer>;
  /** Takes the question back; an answer that is waited for becomes `cancelled`. */
  cancel(reason?: string): void;
}

/** A conversation as the query API answers it; what is not read here is left out. */
interface StoredConversation {
  state: string;
  answer?: string | null;
  answered_by?: string | null;
}

/**
 * Asks another agent. The collector routes the question, follows it up and escalates it where nobody answers in time. Gives
 * at once a handle whose `answer` can be waited for. Never throws; where nothing is recorded, the answer is `unavailable`.
 */
export function ask(question: string, options: AskOptions = {}): Question {
  const { id = randomUUID(), type: questionType, ...rest } = options;
  emitRecord('conversation.asked', { id, messageId: randomUUID(), question, questionType, ...rest });
  const cancelled = new AbortController();
  return {
    id,
    answer: (wait = {}) => waitForAnswer(id, wait, cancelled.signal),
    cancel(reason) {
      if (cancelled.signal.aborted) return;
      emitRecord('conversation.cancelled', { id, messageId: randomUUID(), reason });
      cancelled.abort();
    },
  };
}

async function waitForAnswer(id: string, wait: WaitOptions, cancelled: AbortSignal): Promise<Answer> {
  const { signal } = wait;
  try {
    const api = findApi();
    if (api === undefined)
      return endWithout('unavailable', 'the question is not recorded: init was not called');
    await flushRecords();
    const waited = await pollUntil(
      async (aborted) => {
        const path = `/conversations/${encodeURIComponent(id)}`;
        const found = await request<StoredConversation>(api, { path, signal: aborted });
        return found && readAnswer(found);
      },
      { ...wait, signal: signal === undefined ? cancelled : AbortSignal.any([signal, cancelled]) },
    );
    return waited.isThere ? waited.value : endWithout('unavailable', waited.reason);
  } catch (error) {
    signal?.throwIfAborted();
    return cancelled.aborted
      ? endWithout('cancelled', 'it was cancelled')
      : endWithout('unavailable', readMessage(error));
  }
}

/** Undefined while the question is open. */
function readAnswer({ state, answer, answered_by: answeredBy }: StoredConversation): Answer | undefined {
  switch (state) {
    case 'answered':
      return { state, text: answer ?? '', answeredBy: answeredBy ?? undefined, reason: undefined };
    case 'cancelled':
      return endWithout(state, 'it was cancelled');
    case 'unresolved':
      return endWithout(state, 'nobody answered, and nobody is left to ask');
    default:
      return undefined;
  }
}

function endWithout(state: Answer['state'], reason: string): Answer {
  return { state, text: undefined, answeredBy: undefined, reason };
}
