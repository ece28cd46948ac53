import { describe, expect, it } from 'vitest';
import { SpanledgerError } from '../../collector/errors.js';
import { DecodingTurns } from '../../collector/receivers/decoding-turns.js';

const LIMITS = { largeBytes: 100, busyBytes: 250, waitMillis: 60_000 };

/** Work that goes on until it is told to end. */
function createWork(turns: DecodingTurns, started: string[]) {
  const ends = new Map<string, () => void>();
  return {
    begin: (name: string, byteCount: number) =>
      turns.take(byteCount, () => {
        started.push(name);
        return new Promise<string>((resolve) => {
          ends.set(name, () => {
            resolve(name);
          });
        });
      }),
    end: (name: string) => ends.get(name)?.(),
  };
}

describe('turns of decoding', () => {
  it('bodies begin in the order in which they came, as many as there is room for', async () => {
    const started: string[] = [];
    const work = createWork(new DecodingTurns(LIMITS), started);
    const answers = ['a', 'b', 'c', 'd'].map((name) => work.begin(name, 90));
    expect(started).toEqual(['a', 'b']);
    work.end('b');
    await answers[1];
    expect(started).toEqual(['a', 'b', 'c']);
    work.end('a');
    await answers[0];
    expect(started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('a small body does not wait for large ones, and a large one that has more than all may is worked on alone', async () => {
    const started: string[] = [];
    const work = createWork(new DecodingTurns(LIMITS), started);
    const huge = work.begin('huge', 1_000);
    void work.begin('large', 100);
    void work.begin('small', 10);
    expect(started).toEqual(['huge', 'small']);
    work.end('huge');
    await huge;
    expect(started).toEqual(['huge', 'small', 'large']);
  });

  it('work that fails makes room for the next, and its error is the answer', async () => {
    const turns = new DecodingTurns({ ...LIMITS, busyBytes: 0 });
    const failing = turns.take(10, () => Promise.reject(new Error('not readable')));
    const next = turns.take(10, () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('not readable');
    await expect(next).resolves.toBe('done');
  });

  it('who waits too long is asked to come again, and is not worked on any more', async () => {
    const started: string[] = [];
    const turns = new DecodingTurns({ ...LIMITS, busyBytes: 0, waitMillis: 1 });
    const work = createWork(turns, started);
    const first = work.begin('first', 10);
    const refused = await work.begin('second', 10).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SpanledgerError);
    expect((refused as SpanledgerError).code).toBe('INGEST_OVERLOADED');
    work.end('first');
    await first;
    expect(started).toEqual(['first']);
  });
});
