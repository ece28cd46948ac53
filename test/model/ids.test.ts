import { describe, expect, it } from 'vitest';
import { executionId } from '../../collector/model/ids.js';

describe('executionId', () => {
  it('stays what stored rows have', () => {
    const spanIds = ['0000000000000001', '0000000000000002', '0000000000000003', '0000000000000004'];
    expect(
      spanIds.map((spanId) => executionId('project', '0af7651916cd43dd8448eb211c80319c', spanId)),
    ).toEqual([
      '22782461-45b6-8129-8b0e-fad642435ddc',
      '00c10eba-0dd4-88df-9613-f2c55c06ea7e',
      'd1631646-6fd4-8f6e-b237-bf5a55a4d829',
      'a9e5e8ab-ba80-8c0b-a6e0-3757edb4deaa',
    ]);
  });
});
