import { SpanStatusCode } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agent, generation, step, tool } from '../../../src/index.js';
import { startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

class RateLimitError extends Error {
  readonly status = 429;
}

test('an error is told once, marks every operation that it passes, and arrives as the same object', async () => {
  const error = new RateLimitError('slow down');
  const run = agent('outer', () =>
    step('middle', async () => {
      await Promise.resolve();
      return generation('m', () => {
        throw error;
      });
    }),
  );
  await expect(run).rejects.toBe(error);
  const spans = await recorder.spans();
  expect(spans.map(({ name }) => name)).toEqual(['chat m', 'middle', 'invoke_agent outer']);
  for (const span of spans) {
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'slow down' });
    expect(span.attributes['error.type']).toBe('RateLimitError');
  }
  expect(spans.map(({ events }) => events.length)).toEqual([1, 0, 0]);
  expect(spans[0]?.events[0]).toMatchObject({
    name: 'exception',
    attributes: { 'exception.type': 'RateLimitError', 'exception.message': 'slow down' },
  });
  expect(spans[0]?.events[0]?.attributes?.['exception.stacktrace']).toContain('errors.test.ts');
});

test('what was called off is cancelled', async () => {
  const controller = new AbortController();
  const run = agent('a', () => fetch('http://127.0.0.1:9/', { signal: controller.signal }));
  controller.abort();
  await expect(run).rejects.toThrow();
  const span = await recorder.span('invoke_agent a');
  expect(span.attributes['error.type']).toBe('cancelled');
  expect(span.status.code).toBe(SpanStatusCode.ERROR);
  expect(span.events).toEqual([]);
});

test('a timeout is a failure', async () => {
  const run = agent('a', () => Promise.reject(new DOMException('too late', 'TimeoutError')));
  await expect(run).rejects.toThrow('too late');
  expect((await recorder.span('invoke_agent a')).attributes['error.type']).toBe('TimeoutError');
});

test('anything can be thrown', async () => {
  const odd: unknown[] = ['text', undefined, null, 7, { message: 'an object' }, Object.create(null)];
  for (const thrown of odd) {
    expect(() =>
      tool('odd', () => {
        throw thrown;
      }),
    ).toThrow();
  }
  const spans = await recorder.spans();
  expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual([
    'string',
    'undefined',
    'object',
    'number',
    'Object',
    'Error',
  ]);
  expect(spans.map(({ status }) => status.message)).toEqual([
    'text',
    'undefined',
    'null',
    '7',
    'an object',
    '[object Object]',
  ]);
});

test('an error that is handled can be recorded without being thrown', async () => {
  const result = tool('search', (call) => {
    call.recordError(new RangeError('no such page'));
    return 'fallback';
  });
  expect(result).toBe('fallback');
  const span = await recorder.span('execute_tool search');
  expect(span.status.code).toBe(SpanStatusCode.ERROR);
  expect(span.attributes['error.type']).toBe('RangeError');
});

test("a rejection that nobody handles stays the application's own", async () => {
  const seen: unknown[] = [];
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const error = new Error('forgotten');
  const heard = new Promise<void>((resolve) => {
    process.once('unhandledRejection', (reason) => {
      seen.push(reason);
      resolve();
    });
  });
  void agent('a', () => Promise.reject(error));
  await heard;
  for (const listener of listeners) process.on('unhandledRejection', listener);
  expect(seen).toEqual([error]);
  expect((await recorder.span('invoke_agent a')).status.code).toBe(SpanStatusCode.ERROR);
});
