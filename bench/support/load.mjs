import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from './statistics.mjs';

/**
 * Sends all bodies, the next as soon as one of `connections` is answered. Rejects where one is not acknowledged.
 * `bodies` may be made while it runs: it is any iterable.
 */
export async function runClosedLoop(sender, bodies, connections) {
  const durations = [];
  const iterator = bodies[Symbol.iterator]();
  const started = performance.now();
  const work = async () => {
    for (let step = iterator.next(); !step.done; step = iterator.next()) {
      const sent = performance.now();
      await sendOrThrow(sender, step.value);
      durations.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
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
 * Warms the collector up, then keeps `connections` busy for about `seconds`. All bodies are made before the clock
 * starts, so that making them takes nothing from the collector.
 */
export async function runFullLoad(sender, stream, { seconds, connections, warmUpRequests = 20, onStart }) {
  await runClosedLoop(sender, stream.take(warmUpRequests), connections);
  const probe = await runClosedLoop(sender, stream.take(warmUpRequests), connections);
  const count = Math.max(connections, Math.round((probe.requests / probe.seconds) * seconds));
  const bodies = stream.take(count);
  onStart?.();
  const result = await runClosedLoop(sender, bodies, connections);
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  return { ...result, bytes, requestsInAll: count + 2 * warmUpRequests };
}
