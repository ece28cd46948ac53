import { SHORT_RUN, createAgentRuns } from './support/agent-runs.mjs';
import { startCollector } from './support/collector-process.mjs';
import { readWarmUp, runFullLoad, runOpenLoop } from './support/load.mjs';
import { millis, number, renderTable } from './support/markdown.mjs';
import { createRequestStreams } from './support/request-bodies.mjs';
import { openSender } from './support/sender.mjs';

const SINGLE_SPAN_CONNECTIONS = 64;
/** More than are ever open at half the load, so that a late answer does not hold back the next request. */
const OPEN_LOOP_CONNECTIONS = 256;

/**
 * Time to the answer at half of the load that the same run found to be the most, where requests start on schedule
 * whatever became of the earlier ones; and how many requests of one span are answered in a second.
 */
export async function measure({ settings, workspace }) {
  const { transport, connections, batch, seconds, seed } = settings;
  const collector = await startCollector({ databaseUrl: await workspace.createDatabase(), transport });
  const runs = createAgentRuns(seed);
  const makeRun = () => runs.makeRun(SHORT_RUN);
  const createStreams = (exporters, size) =>
    createRequestStreams(makeRun, { exporters, batch: size, transport });
  const withSender = async (count, work) => {
    const sender = openSender(collector, { transport, connections: count });
    try {
      return await work(sender);
    } finally {
      sender.close();
    }
  };
  try {
    const full = await withSender(connections, (sender) =>
      runFullLoad(sender, createStreams(connections, batch), { seconds, ...readWarmUp(settings) }),
    );
    const perSecond = full.requests / full.seconds / 2;
    const [exporter] = createStreams(1, batch);
    const bodies = exporter.take(Math.max(4, Math.round(perSecond * seconds)));
    const half = await withSender(OPEN_LOOP_CONNECTIONS, (sender) => runOpenLoop(sender, bodies, perSecond));
    const single = await withSender(SINGLE_SPAN_CONNECTIONS, (sender) =>
      runFullLoad(sender, createStreams(SINGLE_SPAN_CONNECTIONS, 1), {
        seconds,
        ...readWarmUp({ ...settings, connections: SINGLE_SPAN_CONNECTIONS }),
      }),
    );
    const rows = [
      [`full: ${connections} connections, ${batch} spans a request`, full, batch],
      [`half of it, on schedule, ${batch} spans a request`, half, batch],
      [`${SINGLE_SPAN_CONNECTIONS} connections, one span a request`, single, 1],
    ].map(([label, { requests, seconds: elapsed, p50, p99, max }, size]) => [
      label,
      number(requests / elapsed, 1),
      number((requests * size) / elapsed),
      millis(p50),
      millis(p99),
      millis(max),
    ]);
    const head = ['load', 'requests/s', 'spans/s', 'p50', 'p99', 'max'];
    return [{ title: `Time to the answer over ${transport}`, table: renderTable(head, rows) }];
  } finally {
    await collector.end();
  }
}
