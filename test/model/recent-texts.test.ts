import { describe, expect, it } from 'vitest';
import { RecentTexts } from '../../collector/model/recent-texts.js';

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

describe('recent texts', () => {
  it('are what the bytes say, however many others came before', () => {
    const texts = new RecentTexts('latin1');
    const sent = Array.from({ length: 30_000 }, (_, index) => `gen_ai.key.${index * 7919}.${index % 13}`);
    for (const text of [...sent, ...sent]) {
      const bytes = Buffer.from(`<${text}>`);
      expect(texts.read(view(bytes), 1, text.length)).toBe(text);
    }
  });

  it('tell texts apart that differ in one byte or in their length alone', () => {
    const texts = new RecentTexts('latin1');
    const whole = 'abcdefghijklmnopqrstuvwxyz0123456789';
    for (let round = 0; round < 2; round++) {
      for (let length = 4; length <= whole.length; length++) {
        const text = whole.slice(0, length);
        expect(texts.read(view(Buffer.from(text)), 0, length)).toBe(text);
        for (let place = 0; place < length; place++) {
          const other = `${text.slice(0, place)}~${text.slice(place + 1)}`;
          expect(texts.read(view(Buffer.from(other)), 0, length)).toBe(other);
        }
      }
    }
  });

  it('leave texts that are not ASCII, and very short or long ones, to whoever asks', () => {
    const texts = new RecentTexts('latin1');
    for (const text of ['größe', 'naïve key', 'abcdefgh\u00e9', '', 'abc', 'x'.repeat(49)]) {
      const bytes = Buffer.from(text);
      expect(texts.read(view(bytes), 0, bytes.length)).toBeUndefined();
    }
  });

  it('are hex of any bytes where they are ids', () => {
    const ids = new RecentTexts('hex');
    for (let round = 0; round < 2; round++) {
      for (let seed = 0; seed < 10_000; seed++) {
        const bytes = Buffer.alloc(16);
        bytes.writeUInt32BE((seed * 2_654_435_761) % 2 ** 32, seed % 13);
        expect(ids.read(view(bytes), 0, 8)).toBe(bytes.toString('hex', 0, 8));
        expect(ids.read(view(bytes), 0, 16)).toBe(bytes.toString('hex'));
      }
    }
  });
});
