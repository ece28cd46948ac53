import { createAgentRuns } from './support/agent-runs.mjs';
import { startCollector } from './support/collector-process.mjs';
import { millis, number, renderTable } from './support/markdown.mjs';
import { encodeProtobufRequest } from './support/request-bodies.mjs';
import { openSender } from './support/sender.mjs';
import { median } from './support/statistics.mjs';

const TRACE_SIZES = { full: [10, 1000, 50_000], quick: [10, 30, 100] };
const SESSION_SIZES = { full: [10, 1000, 20_000], quick: [10, 30, 60] };
/** Requests before the clock starts; the first of a process are slower. */
const WARM_UP_ROUNDS = 3;

/** What one more span costs in a trace that has many, and one more trace in a session that has many. */
export async function measure({ settings, workspace }) {
  const collector = await startCollector({ databaseUrl: await workspace.createDatabase() });
  const sender = openSender(collector, { transport: 'http/protobuf', connections: 1 });
  const sendSpans = async (spans) => {
    const { isAcknowledged, answer } = await sender.send(encodeProtobufRequest(spans));
    if (!isAcknowledged) throw new Error(`a request was not acknowledged: ${answer}`);
  };
  const context = { settings, sendSpans, runs: createAgentRuns(settings.seed) };
  try {
    const traces = await measureTraces(context);
    const sessions = await measureSessions(context);
    return [
      { title: 'One more span in a trace', table: renderGrowth('spans in the trace', traces) },
      { title: 'One more trace in a session', table: renderGrowth('traces in the session', sessions) },
    ];
  } finally {
    sender.close();
    await collector.end();
  }
}

async function measureTraces({ settings, sendSpans, runs }) {
  const subjects = [];
  for (const size of TRACE_SIZES[settings.quick ? 'quick' : 'full']) {
    const trace = runs.startTrace();
    const agent = runs.makeAgent(trace);
    const makeOne = () => [runs.makeSingleCall(trace, agent.spanId)];
    await sendSpans([agent]);
    await fill(size - 1, settings.batch, sendSpans, makeOne);
    subjects.push({ size, makeOne });
  }
  return timeRounds(subjects, settings.rounds, sendSpans);
}

async function measureSessions({ settings, sendSpans, runs }) {
  const subjects = [];
  for (const size of SESSION_SIZES[settings.quick ? 'quick' : 'full']) {
    const { sessionId } = runs.startTrace();
    const makeOne = () => {
      const trace = runs.startTrace(sessionId);
      const agent = runs.makeAgent(trace);
      return [runs.makeSingleCall(trace, agent.spanId), agent];
    };
    await fill(size, settings.batch / 2, sendSpans, makeOne);
    subjects.push({ size, makeOne });
  }
  return timeRounds(subjects, settings.rounds, sendSpans);
}

/** Sends so many of what `makeOne` makes, many in a request. */
async function fill(count, perRequest, sendSpans, makeOne) {
  for (let sent = 0; sent < count; sent += perRequest)
    await sendSpans(Array.from({ length: Math.min(perRequest, count - sent) }, makeOne).flat());
}

/** One request for each subject in turn, so that whatever else the machine does meets all of them alike. */
async function timeRounds(subjects, rounds, sendSpans) {
  const times = subjects.map(() => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [index, { makeOne }] of subjects.entries()) {
      const spans = makeOne();
      const started = performance.now();
      await sendSpans(spans);
      if (round >= 0) times[index].push(performance.now() - started);
    }
  }
  return subjects.map(({ size }, index) => ({ size, median: median(times[index]) }));
}

function renderGrowth(what, results) {
  const rows = results.map(({ size, median: time }) => [
    number(size),
    millis(time),
    number(time / results[0].median, 2),
  ]);
  return renderTable([what, 'time to the answer, median', 'ratio to the first'], rows);
}
