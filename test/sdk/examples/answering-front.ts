import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { renderPlainAttributes } from '../../../collector/model/value-json.js';
import { decodeRequest } from '../../../collector/otlp/decode-request.js';
import { listen } from '../../support/listen.js';

/** What a person says of every checkpoint; undefined while nobody has looked. */
export interface Decision {
  status: 'approved' | 'rejected';
  feedback: string;
  reviewed_by: string;
}

/** Stands before a collector or a sink, and answers what neither does: conversations and checkpoints. */
export interface AnsweringFront {
  url: string;
  /** What checkpoints are decided with, once they were seen undecided. */
  decision: Decision;
  close(): Promise<void>;
}

type Fields = Record<string, unknown>;
interface ReceivedRecord {
  type: unknown;
  attributes: Fields;
}

const CONVERSATIONS = '/api/v1/conversations';
const CHECKPOINTS = '/api/v1/checkpoints';

/**
 * Sends spans on to `target` and keeps the records in them, out of which it answers as spec/conversations.md and
 * spec/work-sessions.md say: questions are routed to the role `tech_lead`, checkpoints are open when they are first asked
 * for and decided afterwards.
 */
export async function startAnsweringFront(target: string): Promise<AnsweringFront> {
  const records: ReceivedRecord[] = [];
  const seenKeys = new Set<string>();
  const front = {
    decision: { status: 'approved', feedback: 'shorter', reviewed_by: 'ada' } as Decision,
  };

  async function passOn(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const answer = await fetch(target + path, {
      method: 'POST',
      headers: { 'content-type': request.headers['content-type'] ?? '' },
      body: new Uint8Array(body),
    });
    const content = Buffer.from(await answer.arrayBuffer());
    for (const { attributes } of decodeRequest('traces', 'protobuf', body).spans) {
      const fields = renderPlainAttributes(attributes);
      const type = fields['spanledger.record'];
      if (type !== undefined) records.push({ type, attributes: fields });
    }
    const type = answer.headers.get('content-type') ?? 'application/x-protobuf';
    response.writeHead(answer.status, { 'content-type': type }).end(content);
  }

  function listCheckpoints(key: string): Fields[] {
    const isRequested = records.some(
      ({ type, attributes }) =>
        type === 'checkpoint.requested' && attributes['spanledger.checkpoint.key'] === key,
    );
    if (!isRequested) return [];
    const isDecided = seenKeys.has(key);
    seenKeys.add(key);
    return [{ key, status: 'pending_review', ...(isDecided && front.decision) }];
  }

  function answer({ pathname, searchParams }: URL): unknown {
    if (pathname === CHECKPOINTS) return createPage(listCheckpoints(searchParams.get('key') ?? ''));
    const conversations = listConversations(records);
    if (pathname === CONVERSATIONS) {
      const isAsked = (field: string, value: unknown) =>
        (searchParams.get(field) ?? '').split(',').includes(String(value));
      return createPage(
        conversations.filter(
          (one) => isAsked('state', one.state) && isAsked('responder', one.responder_role),
        ),
      );
    }
    return conversations.find(({ id }) => pathname === `${CONVERSATIONS}/${encodeURIComponent(String(id))}`);
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'POST') {
      void passOn(url.pathname, request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
      return;
    }
    const body = answer(url);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { code: 'API_NOT_FOUND' }));
  });
  return Object.assign(front, await listen(server));
}

const createPage = (data: Fields[]) => ({ data, next_cursor: null });

/** Folds the records of one conversation each, as the state machine does without its clock. */
function listConversations(records: readonly ReceivedRecord[]) {
  const asked = records.filter(({ type }) => type === 'conversation.asked');
  return asked.map(({ attributes }) => {
    const id = attributes['spanledger.conversation.id'];
    const find = (wanted: string) =>
      records.find(
        (record) => record.type === wanted && record.attributes['spanledger.conversation.id'] === id,
      )?.attributes;
    const answered = find('conversation.answered');
    const open = find('conversation.acknowledged') === undefined ? 'initiated' : 'waiting';
    return {
      id,
      state: answered === undefined ? open : 'answered',
      question: attributes['spanledger.conversation.question'],
      question_type: attributes['spanledger.conversation.question_type'],
      asker_id: attributes['spanledger.conversation.asker_id'],
      asker_role: attributes['spanledger.conversation.asker_role'],
      responder_role: 'tech_lead',
      escalation_level: 0,
      answer: answered?.['spanledger.conversation.answer'] ?? null,
      answered_by: answered?.['spanledger.conversation.author_id'] ?? null,
    };
  });
}
