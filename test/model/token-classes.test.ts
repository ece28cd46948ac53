import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_USAGE, NO_USAGE_DETAILS } from '../../collector/model/gen-ai.js';
import { splitTokens } from '../../collector/model/token-classes.js';

const sum = (counts: (number | null)[]): number =>
  counts.reduce<number>((total, count) => total + (count ?? 0), 0);

describe('splitTokens', () => {
  it('counts each token in one class', () => {
    const classes = splitTokens(
      {
        inputTokens: 100,
        outputTokens: 50,
        cachedInputTokens: 30,
        cacheWriteTokens: 25,
        reasoningTokens: 20,
      },
      {
        ...NO_USAGE_DETAILS,
        cacheWrite5mTokens: 5,
        cacheWrite1hTokens: 10,
        inputAudioTokens: 7,
        outputImageTokens: 3,
      },
    );
    expect(classes).toEqual({
      uncachedInput: 38,
      cacheRead: 30,
      cacheWrite: 10,
      cacheWrite5m: 5,
      cacheWrite1h: 10,
      inputAudio: 7,
      inputImage: null,
      output: 27,
      reasoning: 20,
      outputAudio: null,
      outputImage: 3,
    });
  });

  it('says nothing of a side whose total is unknown', () => {
    const classes = splitTokens({ ...NO_USAGE, cachedInputTokens: 30, outputTokens: 5 }, NO_USAGE_DETAILS);
    expect(classes).toMatchObject({ uncachedInput: null, cacheRead: null, output: 5, reasoning: null });
  });

  it('bills no token twice where the parts are more than the total', () => {
    const usage = {
      ...NO_USAGE,
      inputTokens: 10,
      cachedInputTokens: 8,
      cacheWriteTokens: 8,
      outputTokens: 0,
    };
    const classes = splitTokens(usage, { ...NO_USAGE_DETAILS, outputAudioTokens: 4 });
    expect(classes).toMatchObject({
      uncachedInput: 0,
      cacheWrite: 8,
      cacheRead: 2,
      output: 0,
      outputAudio: 0,
    });
  });

  it('adds up to the totals and is never negative, whatever is sent', () => {
    const count = fc.oneof(
      fc.constant(null),
      fc.integer({ min: -5, max: 1_000 }),
      fc.constant(Number.NaN),
      fc.constant(0.5),
    );
    const usage = fc.record({
      inputTokens: count,
      outputTokens: count,
      cachedInputTokens: count,
      cacheWriteTokens: count,
      reasoningTokens: count,
    });
    const details = fc.record({
      cacheWrite5mTokens: count,
      cacheWrite1hTokens: count,
      inputAudioTokens: count,
      outputAudioTokens: count,
      inputImageTokens: count,
      outputImageTokens: count,
    });
    const valid = (value: number | null): boolean => value !== null && Number.isInteger(value) && value >= 0;
    fc.assert(
      fc.property(usage, details, (said, parts) => {
        const { output, reasoning, outputAudio, outputImage, ...input } = splitTokens(said, parts);
        const outputs = [output, reasoning, outputAudio, outputImage];
        const inputs = Object.values(input);
        expect(sum(inputs)).toBe(valid(said.inputTokens) ? said.inputTokens : 0);
        expect(sum(outputs)).toBe(valid(said.outputTokens) ? said.outputTokens : 0);
        for (const part of [...inputs, ...outputs]) expect(part === null || part >= 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
