import { describe, expect, it } from 'vitest';
import { SpanledgerError } from '../../collector/errors.js';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import type { Encoding } from '../../collector/otlp/decoded-request.js';
import { listCaptures, loadCapture, readCaptureMessage, readCaptureSignal } from '../support/captures.js';

const MUTATIONS_PER_BODY = 460;
/** The beginning of a body is as good to mutate as the whole, and much faster to decode. */
const BODY_BYTES = 4096;

/** A small generator of numbers below `limit` with a fixed seed (mulberry32). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function mutate(body: Buffer, random: (limit: number) => number): Buffer {
  const bytes = Buffer.from(body);
  for (let count = 1 + random(6); count > 0; count--) bytes[random(bytes.length)] = random(256);
  const from = random(bytes.length);
  switch (random(4)) {
    case 0:
      return bytes.subarray(0, from);
    case 1:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random(9))]);
    case 2:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(random(from + 1))]);
    default:
      return bytes;
  }
}

describe('damaged bodies', () => {
  it('decode or are refused as malformed, and nothing else happens', () => {
    const random = createRandom(20_261_121);
    const outcomes = { decoded: 0, refused: 0 };
    for (const request of listCaptures().flatMap((name) => loadCapture(name).requests)) {
      const encoding: Encoding = request.headers['content-type'] === 'application/json' ? 'json' : 'protobuf';
      const body = readCaptureMessage(request).subarray(0, BODY_BYTES);
      for (let count = 0; count < MUTATIONS_PER_BODY; count++) {
        try {
          decodeRequest(readCaptureSignal(request), encoding, mutate(body, random));
          outcomes.decoded++;
        } catch (error) {
          if (!(error instanceof SpanledgerError)) throw error;
          expect(error.code).toBe('OTLP_MALFORMED_BODY');
          outcomes.refused++;
        }
      }
    }
    expect(outcomes.decoded + outcomes.refused).toBeGreaterThan(20_000);
    expect(outcomes.refused).toBeGreaterThan(10_000);
    expect(outcomes.decoded).toBeGreaterThan(50);
  });
});
