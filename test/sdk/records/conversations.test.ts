import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, init, onQuestion, type IncomingQuestion, type Spanledger } from '../../../src/index.js';
import {
  startRecordServer,
  type ApiRoutes,
  type ReceivedRecord,
  type RecordServer,
} from '../../support/sdk-record-server.js';

let server: RecordServer;
let handle: Spanledger;
beforeEach(async () => {
  server = await startRecordServer();
  server.api = answerFromRecords(server.records);
  handle = init({ url: server.url, protocol: 'http/json', exitGuard: false });
});
afterEach(async () => {
  await handle.shutdown();
  await server.close();
});

const PATH = '/api/v1/conversations';

/** Folds the records as the state machine of spec/conversations.md does, without its clock and its rules. */
function answerFromRecords(records: readonly ReceivedRecord[]): ApiRoutes {
  const read = (id: unknown) => {
    const own = records.filter(({ attributes }) => attributes['spanledger.conversation.id'] === id);
    const asked = own.find(({ type }) => type === 'conversation.asked')?.attributes;
    if (asked === undefined) return undefined;
    const answered = own.find(({ type }) => type === 'conversation.answered')?.attributes;
    const isCancelled = own.some(({ type }) => type === 'conversation.cancelled');
    const refusals = own.filter(({ type }) => type === 'conversation.cant_help').length;
    const isWaiting = own.some(({ type }) => type === 'conversation.acknowledged');
    const open = refusals > 0 ? 'escalated' : isWaiting ? 'waiting' : 'initiated';
    return {
      id,
      question: asked['spanledger.conversation.question'],
      question_type: asked['spanledger.conversation.question_type'],
      asker_role: asked['spanledger.conversation.asker_role'],
      responder_role: refusals > 0 ? 'architect' : 'lead',
      escalation_level: refusals,
      state: answered ? 'answered' : isCancelled ? 'cancelled' : refusals > 1 ? 'unresolved' : open,
      answer: answered?.['spanledger.conversation.answer'] ?? null,
      answered_by: answered?.['spanledger.conversation.author_role'] ?? null,
    };
  };
  return ({ path, query }) => {
    if (path === PATH) {
      const ids = records.flatMap(({ type, attributes }) =>
        type === 'conversation.asked' ? [attributes['spanledger.conversation.id']] : [],
      );
      const states = query['state']?.split(',') ?? [];
      const data = ids
        .map(read)
        .filter(
          (found) =>
            found !== undefined &&
            states.includes(found.state) &&
            (query['responder'] ?? '').split(',').includes(found.responder_role),
        );
      return { status: 200, body: { data, next_cursor: null } };
    }
    const found = path.startsWith(`${PATH}/`)
      ? read(decodeURIComponent(path.slice(PATH.length + 1)))
      : undefined;
    return found && { status: 200, body: found };
  };
}

const typesOf = (id: string) =>
  server.records
    .filter(({ attributes }) => attributes['spanledger.conversation.id'] === id)
    .map(({ type }) => type);

test('a question is answered by the agent whose role it is routed to', async () => {
  const seen: IncomingQuestion[] = [];
  const listening = onQuestion(
    'lead',
    (question) => {
      seen.push(question);
      question.acknowledge('please wait');
      return Promise.resolve('Use Postgres.');
    },
    { pollMillis: 20, responderId: 'lead-1' },
  );
  const question = ask('Which database?', { type: 'architecture', askerRole: 'developer' });
  expect(await question.answer()).toEqual({
    state: 'answered',
    text: 'Use Postgres.',
    answeredBy: 'lead',
    reason: undefined,
  });
  await listening.stop();
  expect(seen).toMatchObject([
    {
      id: question.id,
      text: 'Which database?',
      type: 'architecture',
      askerRole: 'developer',
      escalationLevel: 0,
    },
  ]);
  expect(typesOf(question.id)).toEqual([
    'conversation.asked',
    'conversation.acknowledged',
    'conversation.answered',
  ]);
  const answered = server.records.find(({ type }) => type === 'conversation.answered')?.attributes;
  expect(answered).toMatchObject({
    'spanledger.conversation.answer': 'Use Postgres.',
    'spanledger.conversation.author_id': 'lead-1',
    'spanledger.conversation.author_role': 'lead',
  });
});

test('an agent that fails can not help, and the question goes on to the next', async () => {
  const lead = onQuestion(
    'lead',
    () => {
      throw new Error('out of tokens');
    },
    { pollMillis: 20 },
  );
  const architect = onQuestion(
    'architect',
    (question) => {
      question.answer(`from level ${question.escalationLevel}`);
      return 'too late';
    },
    { pollMillis: 20 },
  );
  const question = ask('Who knows?');
  expect(await question.answer()).toMatchObject({ state: 'answered', text: 'from level 1' });
  await Promise.all([lead.stop(), architect.stop()]);
  expect(typesOf(question.id)).toEqual([
    'conversation.asked',
    'conversation.cant_help',
    'conversation.answered',
  ]);
  const refused = server.records.find(({ type }) => type === 'conversation.cant_help')?.attributes;
  expect(refused).toMatchObject({ 'spanledger.conversation.reason': 'out of tokens' });
});

test('a question is handled once for each time that it is routed here', async () => {
  const open = { id: 'q-1', question: 'Still there?', responder_role: 'lead', escalation_level: 0 };
  let lists = 0;
  let tell: () => void = () => undefined;
  server.api = ({ path }) => {
    if (path !== PATH) return undefined;
    lists += 1;
    if (lists === 5) open.escalation_level = 2;
    if (lists === 10) tell();
    return { status: 200, body: { data: [open], next_cursor: null } };
  };
  const levels: number[] = [];
  const listed = new Promise<void>((resolve) => (tell = resolve));
  const listening = onQuestion(
    'lead',
    ({ escalationLevel }) => {
      levels.push(escalationLevel);
      return undefined;
    },
    { pollMillis: 5, squad: 'blue', responderId: 'lead-1' },
  );
  await listed;
  await listening.stop();
  expect(levels).toEqual([0, 2]);
  expect(server.requests[0]?.query).toEqual({
    state: 'initiated,follow_up,escalated',
    responder: 'lead,lead-1',
    squad: 'blue',
    limit: '500',
  });
});

test('a question that nobody answers ends unresolved, and a late answer still counts', async () => {
  const answer = { state: 'unresolved', answer: null as string | null };
  server.api = () => ({ status: 200, body: answer });
  const question = ask('Anybody?');
  expect(await question.answer()).toMatchObject({ state: 'unresolved', text: undefined });
  Object.assign(answer, { state: 'answered', answer: 'Me.' });
  expect(await question.answer()).toMatchObject({ state: 'answered', text: 'Me.' });
});

test('a question that is taken back is waited for no more', async () => {
  const question = ask('Never mind?', { id: 'q 1/2' });
  const answer = question.answer();
  question.cancel('found it');
  question.cancel('again');
  expect(await answer).toMatchObject({ state: 'cancelled', text: undefined });
  expect(await question.answer()).toMatchObject({ state: 'cancelled' });
  await handle.flush();
  expect(typesOf('q 1/2')).toEqual(['conversation.asked', 'conversation.cancelled']);
});

test('waiting ends in time, or when it is called off', async () => {
  const question = ask('Hello?');
  expect(await question.answer({ timeoutMillis: 30 })).toMatchObject({
    state: 'unavailable',
    reason: 'not after 30 ms',
  });
  const reason = new Error('no more');
  const off = new AbortController();
  const answer = question.answer({ signal: off.signal });
  off.abort(reason);
  await expect(answer).rejects.toBe(reason);
});

test('a collector that is busy is asked again, one that refuses is not', async () => {
  let requests = 0;
  server.api = () => {
    requests += 1;
    return requests === 1 ? { status: 503 } : { status: 200, body: { state: 'answered', answer: 'yes' } };
  };
  expect(await ask('Busy?').answer()).toMatchObject({ text: 'yes' });
  server.api = () => ({ status: 403, body: { code: 'AUTH_INVALID', detail: 'Another key.' } });
  const { state, reason } = await ask('May I?').answer();
  expect(state).toBe('unavailable');
  expect(reason).toMatch(/Another key/);
});

test('without init a question has no answer, and nobody listens', async () => {
  await handle.shutdown();
  const listening = onQuestion('lead', () => 'never');
  const question = ask('Hello?');
  question.cancel();
  expect(await ask('Hello?').answer()).toMatchObject({ state: 'unavailable', text: undefined });
  await listening.stop();
  expect(server.requests).toEqual([]);
});
