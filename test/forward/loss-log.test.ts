import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { LossLog } from '../../collector/forward/loss-log.js';

test('losses are logged at once and then once a minute, with how many there were', () => {
  const lines: unknown[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  const losses = new LossLog(pino({}, stream));
  for (let index = 0; index < 5; index++) losses.add('the queue is full');
  losses.add('the endpoint answered 400');
  expect(lines).toMatchObject([{ requests: { 'the queue is full': 1 } }]);
  losses.flush();
  losses.flush();
  expect(lines.slice(1)).toMatchObject([
    { requests: { 'the queue is full': 4, 'the endpoint answered 400': 1 } },
  ]);
});
