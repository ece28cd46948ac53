import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const TESTS = fileURLToPath(new URL('../', import.meta.url));

/** Where titles name the lines. Elsewhere a number in brackets is something else. */
const ROOMS = ['otlp', 'receivers', 'e2e', 'cli'];

type Door = 'http' | 'grpc';

/**
 * What a receiver of OTLP has to do, by the numbers that titles of tests begin with, as in `[5] PUT is answered with
 * 405`. The list was made from opentelemetry-proto 1.11 (docs/specification.md and the comments of the .proto files),
 * ProtoJSON, RFC 9110 and 9112, and the gRPC protocol. A line that says something of gRPC apart needs a test of that door.
 */
const LINES: readonly [number: number, subject: string, doors?: readonly Door[]][] = [
  [1, 'POST on the three paths'],
  [2, 'ports 4318 and 4317, on loopback'],
  [3, 'both encodings on one port'],
  [4, 'the same paths below a prefix'],
  [5, '405 with Allow, 404 for other paths'],
  [6, 'connections stay open'],
  [7, 'chunked bodies and 100-continue'],
  [8, 'CORS'],
  [9, 'gzip and no compression', ['http', 'grpc']],
  [10, 'other codings'],
  [11, 'capitals, members and damage in codings'],
  [12, 'the limit of a body, also decompressed: 413'],
  [13, 'the limit of a message: RESOURCE_EXHAUSTED without RetryInfo', ['grpc']],
  [14, 'the limit of an answer'],
  [15, 'inflating ends at the limit; bodies held at once'],
  [16, 'compressed answers'],
  [17, 'the answer has the type of its request'],
  [18, 'media types'],
  [19, 'success is an empty message'],
  [20, 'partial_success unset'],
  [21, 'partial_success with the exact count'],
  [22, 'a warning has a message'],
  [23, 'every error has a Status'],
  [24, '400 with a BadRequest'],
  [25, 'statuses that are retried'],
  [26, 'overload over HTTP'],
  [27, 'overload over gRPC', ['grpc']],
  [28, 'statuses that are retried over gRPC', ['grpc']],
  [29, 'a body that is too large sees its answer'],
  [30, 'the same request twice'],
  [31, 'the answer comes after the commit'],
  [32, 'an empty request'],
  [33, 'empty envelopes'],
  [34, 'unknown fields'],
  [35, 'unknown numbers in enums'],
  [36, 'ids in hex, bytes in base64'],
  [37, 'enums are integers'],
  [38, 'keys in lowerCamelCase'],
  [39, '64-bit integers as strings or numbers'],
  [40, 'doubles that are no numbers'],
  [41, 'null'],
  [42, 'JSON that is not the message'],
  [43, 'every kind of value'],
  [44, 'duplicate keys'],
  [45, 'string indexes outside of profiles'],
  [46, 'spans without valid ids'],
  [47, 'log records without valid ids'],
  [48, 'all bits of flags'],
  [49, 'everything else that a record says'],
  [50, 'all 64 bits of times'],
  [51, 'log records without time'],
  [52, 'metric points'],
  [53, 'strings that are not UTF-8'],
  [54, 'U+0000'],
  [55, 'the three Export methods, many calls at once', ['grpc']],
  [56, 'bad data over gRPC', ['grpc']],
  [57, 'encodings and methods that are unknown to gRPC', ['grpc']],
  [58, 'authentication before the body', ['http', 'grpc']],
];

/** The numbers that begin titles, by door: a file is of the gRPC door where its name says so. */
function readNumbers(): Record<Door, Set<number>> {
  const numbers = { http: new Set<number>(), grpc: new Set<number>() };
  for (const room of ROOMS) {
    for (const name of readdirSync(join(TESTS, room), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.test.ts')) continue;
      const door = basename(name).includes('grpc') ? numbers.grpc : numbers.http;
      const text = readFileSync(join(TESTS, room, name), 'utf8');
      for (const [, prefix = ''] of text.matchAll(/(?<=['"`])((?:\[\d+\] ?)+)(?=\S)/g))
        for (const [number] of prefix.matchAll(/\d+/g)) door.add(Number(number));
    }
  }
  return numbers;
}

describe('the checklist of OTLP', () => {
  const numbers = readNumbers();

  it('has every line once', () => {
    expect(LINES.map(([number]) => number)).toEqual(Array.from({ length: 58 }, (_, index) => index + 1));
  });

  it.each(LINES)('line %i has a test that names it: %s', (number, _subject, doors) => {
    if (doors === undefined) expect(numbers.http.has(number) || numbers.grpc.has(number)).toBe(true);
    else expect(doors.filter((door) => !numbers[door].has(number))).toEqual([]);
  });

  it('is what all numbers in titles are from', () => {
    const known = new Set(LINES.map(([number]) => number));
    expect([...numbers.http, ...numbers.grpc].filter((number) => !known.has(number))).toEqual([]);
  });
});
