import { afterEach, expect, test } from 'vitest';
import type { ForwardedRequest } from '../../collector/forward/forward-queue.js';
import { createForwarder, type Forwarder, type ForwarderOptions } from '../../collector/forward/forwarder.js';
import type { Signal } from '../../collector/model/span-data.js';
import { createTelemetry, type Telemetry } from '../../collector/telemetry.js';
import { TargetServer } from '../support/target-server.js';

let target: TargetServer | undefined;
let forwarder: Forwarder | undefined;
let telemetry: Telemetry;

afterEach(async () => {
  await forwarder?.close();
  await target?.close();
  forwarder = undefined;
});

function start(endpoint: string, options: Partial<ForwarderOptions> = {}): Forwarder {
  telemetry = createTelemetry({ logLevel: 'silent' });
  forwarder = createForwarder({
    endpoint,
    headers: {},
    collectorId: 'me',
    maxQueueBytes: 1024 * 1024,
    telemetry,
    retryMillis: 1,
    drainMillis: 1000,
    ...options,
  });
  return forwarder;
}

async function startTarget(): Promise<TargetServer> {
  target = await TargetServer.start();
  return target;
}

function makeRequest(text: string, changes: Partial<ForwardedRequest> = {}): ForwardedRequest {
  return {
    signal: 'traces',
    contentType: 'application/json',
    contentEncoding: null,
    body: Buffer.from(text),
    ...changes,
  };
}

async function countResult(result: string, signal: Signal = 'traces'): Promise<number> {
  const metric = await telemetry.registry.getSingleMetric('spanledger_forward_requests_total')?.get();
  const value = metric?.values.find(({ labels }) => labels.result === result && labels.signal === signal);
  return value?.value ?? 0;
}

/** Resolves once an attempt has failed in a way that is tried again. */
async function waitForRetry(): Promise<void> {
  const read = async (): Promise<number> => {
    const metric = await telemetry.registry.getSingleMetric('spanledger_forward_retries_total')?.get();
    return metric?.values[0]?.value ?? 0;
  };
  await expect.poll(read, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
}

test('a request is sent on as it came, with the headers asked for and the name of the collector', async () => {
  const { url, requests } = await startTarget();
  const { forward, close } = start(`${url}/base`, { headers: { authorization: 'Bearer key' } });
  forward(makeRequest('\x1f\x8b\x00\xff', { body: Buffer.from('1f8b00ff', 'hex'), contentEncoding: 'gzip' }));
  forward(makeRequest('x', { signal: 'logs', contentType: 'application/x-protobuf' }));
  await close();
  const sorted = requests.toSorted((a, b) => (a.path < b.path ? 1 : -1));
  expect(sorted).toMatchObject([
    {
      path: '/base/v1/traces',
      body: '\x1f\x8b\x00\xff',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        authorization: 'Bearer key',
        'x-spanledger-forwarded': 'me',
      },
    },
    { path: '/base/v1/logs', headers: { 'content-type': 'application/x-protobuf' }, body: 'x' },
  ]);
  expect(sorted[1]?.headers['content-encoding']).toBeUndefined();
});

test('what has been here is not sent again, and what came from others names them all', async () => {
  const { url, requests } = await startTarget();
  const { forward, close } = start(url);
  forward(makeRequest('looped', { ownHeaders: { 'x-spanledger-forwarded': 'other, me' } }));
  forward(makeRequest('new', { ownHeaders: { 'x-spanledger-forwarded': 'other' } }));
  const far = Array.from({ length: 17 }, (_, index) => `c${index}`).join(',');
  forward(makeRequest('far', { ownHeaders: { 'x-spanledger-forwarded': far } }));
  await close();
  expect(requests).toMatchObject([{ body: 'new', headers: { 'x-spanledger-forwarded': 'other, me' } }]);
  expect([await countResult('looped'), await countResult('sent')]).toEqual([2, 1]);
});

test('503 is tried again until it is taken, and nothing newer of the signal overtakes it meanwhile', async () => {
  const to = await startTarget();
  to.answers.push(503, 429, 502, 504);
  const { forward, close } = start(to.url);
  forward(makeRequest('first'));
  await waitForRetry();
  forward(makeRequest('second'));
  await to.waitFor(6);
  await close();
  expect(to.bodies).toEqual(['first', 'first', 'first', 'first', 'first', 'second']);
  expect([await countResult('accepted'), await countResult('sent')]).toEqual([2, 2]);
});

test('Retry-After is waited for where it is longer', async () => {
  const to = await startTarget();
  to.answers.push({ status: 503, headers: { 'retry-after': '1' } });
  const { forward } = start(to.url);
  forward(makeRequest('late'));
  await to.waitFor(1);
  const refusedAt = performance.now();
  await to.waitFor(2);
  expect(performance.now() - refusedAt).toBeGreaterThan(900);
});

test('the other signals go on while one is refused for now', async () => {
  const to = await startTarget();
  to.answers.push({ status: 503, headers: { 'retry-after': '100' } });
  const { forward } = start(to.url, { drainMillis: 1 });
  forward(makeRequest('stuck'));
  await to.waitFor(1);
  forward(makeRequest('a log', { signal: 'logs' }));
  forward(makeRequest('a point', { signal: 'metrics' }));
  await to.waitFor(3);
  expect(to.bodies.slice(1).toSorted()).toEqual(['a log', 'a point']);
});

test.each([400, 401, 404, 413, 500, 301])('%i is not tried again', async (status) => {
  const to = await startTarget();
  to.answers.push(status);
  const { forward, close } = start(to.url);
  forward(makeRequest('bad'));
  await to.waitFor(1);
  forward(makeRequest('good'));
  await close();
  expect(to.bodies).toEqual(['bad', 'good']);
  expect([await countResult('refused'), await countResult('sent')]).toEqual([1, 1]);
});

test('a target that is down gets everything once it is back', async () => {
  const gone = await TargetServer.start();
  const { port, url } = gone;
  await gone.close();
  const { forward } = start(url);
  for (const text of ['a', 'b', 'c']) forward(makeRequest(text));
  // Refused at least once before it comes back.
  await waitForRetry();
  target = await TargetServer.start(port);
  await target.waitFor(3);
  expect(target.bodies.toSorted()).toEqual(['a', 'b', 'c']);
});

test('at most four requests of a signal are being sent at once, begun in order', async () => {
  const to = await startTarget();
  to.isHolding = true;
  const { forward, close } = start(to.url);
  const texts = Array.from({ length: 10 }, (_, index) => `${index}`);
  for (const text of texts) forward(makeRequest(text));
  await to.waitFor(4);
  expect(to.bodies.toSorted()).toEqual(['0', '1', '2', '3']);
  to.release();
  await close();
  expect(to.bodies.toSorted()).toEqual(texts);
});

test('when the queue is full the oldest that wait are dropped, and what is being sent is not', async () => {
  const to = await startTarget();
  to.isHolding = true;
  // Each takes 1000 bytes and 512 for itself: eight have room.
  const { forward, close } = start(to.url, { maxQueueBytes: 8 * 1512 });
  const pad = (index: number): string => String(index).padEnd(1000);
  for (let index = 0; index < 4; index++) forward(makeRequest(pad(index)));
  await to.waitFor(4);
  for (let index = 4; index < 20; index++) forward(makeRequest(pad(index)));
  expect(await countResult('overflowed')).toBe(12);
  to.release();
  await close();
  const sent = to.bodies.map(Number).toSorted((a, b) => a - b);
  expect(sent).toEqual([0, 1, 2, 3, 16, 17, 18, 19]);
  expect(
    (await telemetry.registry.getSingleMetric('spanledger_forward_queue_bytes')?.get())?.values[0]?.value,
  ).toBe(0);
});

test('a request larger than the whole queue is dropped, and does not take the others along', async () => {
  const to = await startTarget();
  to.isHolding = true;
  const { forward, close } = start(to.url, { maxQueueBytes: 10_000 });
  for (const text of ['a', 'b', 'c', 'd', 'e']) forward(makeRequest(text));
  await to.waitFor(4);
  forward(makeRequest('x'.repeat(20_000)));
  to.release();
  await close();
  expect(to.bodies.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await countResult('overflowed')).toBe(1);
});

test('at the end what is left is sent, also what was waiting to be tried again', async () => {
  const to = await startTarget();
  to.answers.push({ status: 503, headers: { 'retry-after': '100' } });
  const { forward, close } = start(to.url, { drainMillis: 10_000 });
  forward(makeRequest('first'));
  await waitForRetry();
  forward(makeRequest('second'));
  await close();
  expect(to.bodies.slice(1)).toEqual(['first', 'second']);
});

test('the end comes in time where the target does not answer, and what is lost is counted', async () => {
  const to = await startTarget();
  to.isHolding = true;
  const { forward, close } = start(to.url, { drainMillis: 50 });
  for (let index = 0; index < 6; index++) forward(makeRequest(String(index)));
  await to.waitFor(4);
  await close();
  expect(await countResult('abandoned')).toBe(6);
});
