import { describe, expect, it, vi } from 'vitest';
import { closeAll } from '../../collector/close-all.js';

const MINUTE_MILLIS = 60_000;

describe('what was started is ended', () => {
  it('the last first, each before the next', async () => {
    const events: string[] = [];
    const closer = (name: string) => async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      events.push(`${name} ends`);
    };
    await closeAll([closer('database'), closer('server')], {
      limitMillis: MINUTE_MILLIS,
      onLimit: () => undefined,
    });
    expect(events).toEqual(['server begins', 'server ends', 'database begins', 'database ends']);
  });

  it('also after one that fails, whose error is thrown', async () => {
    const database = vi.fn(() => Promise.resolve());
    const fail = () => Promise.reject(new Error('stuck'));
    const options = { limitMillis: MINUTE_MILLIS, onLimit: () => undefined };
    await expect(closeAll([database, fail], options)).rejects.toThrow('stuck');
    expect(database).toHaveBeenCalledOnce();
  });

  it('or left where it hangs past the limit', async () => {
    const onLimit = vi.fn();
    await closeAll([() => new Promise(() => undefined)], { limitMillis: 1, onLimit });
    expect(onLimit).toHaveBeenCalledOnce();
  });
});
