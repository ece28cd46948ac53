import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from './statistics.mjs';

/**
 * Sends the bodies of each exporter, its next as soon as its last is answered. Rejects where one is not acknowledged.
 * Bodies may be made while it runs: those of an exporter are any iterable.
 */
export async function runClosedLoop(sender, bodiesByExporter) {
  const durations = [];
  const started = performance.now();
  const work = async (bodies) => {
    for (const body of bodies) {
      const sent = performance.now();
      await sendOrThrow(sender, body);
      durations.push(performance.now() - sent);
    }
  };
  await Promise.all(bodiesByExporter.map(work));
  return summarize(durations, (performance.now() - started) / 1000);
}

/**
 * Sends the bodies on a schedule of `perSecond`, whether or not the earlier ones are answered. Time counts from when a
 * request was due, so that waiting for a late start is part of it.
 */
export async function runOpenLoop(sender, bodies, perSecond) {
  const durations = [];
  const pending = [];
  const started = performance.now();
  for (const [index, body] of bodies.entries()) {
    const due = started + (index * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    pending.push(
      sendOrThrow(sender, body).then(() => {
        durations.push(performance.now() - due);
      }),
    );
  }
  await Promise.all(pending);
  return summarize(durations, (performance.now() - started) / 1000);
}

async function sendOrThrow(sender, body) {
  const { isAcknowledged, answer } = await sender.send(body);
  if (!isAcknowledged) throw new Error(`a request was not acknowledged: ${answer}`);
}

function summarize(durations, seconds) {
  durations.sort((a, b) => a - b);
  return {
    requests: durations.length,
    seconds,
    p50: quantile(durations, 0.5),
    p99: quantile(durations, 0.99),
    max: durations.at(-1) ?? Number.NaN,
  };
}

/**
 * Warms the collector up, then keeps all exporters, of which `streams` has one each, busy for about `seconds`. All bodies
 * are made before the clock starts, so that making them takes nothing from the collector.
 */
export async function runFullLoad(sender, streams, { seconds, warmUpRequests, warmUpSeconds, onStart }) {
  const take = (requests) => streams.map((stream) => stream.take(Math.ceil(requests / streams.length)));
  let requestsInAll = 0;
  const run = async (bodies) => {
    const result = await runClosedLoop(sender, bodies);
    requestsInAll += result.requests;
    return result;
  };
  // Code is compiled as it is used, and again as it is used more.
  const warmUpStarted = performance.now();
  let probe;
  do probe = await run(take(warmUpRequests));
  while (performance.now() - warmUpStarted < warmUpSeconds * 1000);
  const bodies = take(Math.max(streams.length, (probe.requests / probe.seconds) * seconds));
  onStart?.();
  const result = await run(bodies);
  const bytes = bodies.flat().reduce((sum, body) => sum + body.length, 0);
  return { ...result, bytes, requestsInAll };
}

/** How long to warm up before something is timed. */
export function readWarmUp({ quick, connections }) {
  return quick
    ? { warmUpRequests: 4, warmUpSeconds: 0 }
    : { warmUpRequests: 5 * connections, warmUpSeconds: 10 };
}
