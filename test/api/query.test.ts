import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInputParser } from '../../collector/api/query.js';
import { listRoutes, routes } from '../../collector/contract/routes.js';
import { SpanledgerError } from '../../collector/errors.js';

const list = createInputParser(routes.traces.list);
const getSpan = createInputParser(routes.spans.get);

function catchError(action: () => unknown): SpanledgerError {
  try {
    action();
  } catch (error) {
    if (error instanceof SpanledgerError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function listFaults(search: string) {
  return catchError(() => list.parse({}, search, undefined)).faults;
}

describe('a query', () => {
  it('is filled with defaults', () => {
    expect(list.parse({}, '', undefined).query).toEqual({ sort: 'started_at', order: 'desc', limit: 50 });
  });

  it('is turned into numbers, booleans and times', () => {
    const search = 'limit=500&has_error=true&min_cost_usd=0.25&min_tokens=1e3&from=2026-01-01T00%3A00%3A00Z';
    expect(list.parse({}, search, undefined).query).toMatchObject({
      limit: 500,
      has_error: true,
      min_cost_usd: 0.25,
      min_tokens: 1000,
      from: '2026-01-01T00:00:00.000Z',
    });
  });

  it('keeps texts that look like numbers texts', () => {
    expect(list.parse({}, 'user_id=0012&session_id=true', undefined).query).toMatchObject({
      user_id: '0012',
      session_id: 'true',
    });
  });

  it('reads + and %20 as a space', () => {
    expect(list.parse({}, 'agent=a+b%20c', undefined).query).toMatchObject({ agent: 'a b c' });
  });

  it.each(['0', '501', '-1', '1.5', 'ten', '', '%20', '0x10', 'Infinity', '99999999999999999999'])(
    'refuses a limit of %j',
    (limit) => {
      expect(listFaults(`limit=${limit}`)).toMatchObject([{ pointer: '/query/limit' }]);
    },
  );

  it('names the known parameters where one is unknown', () => {
    const [fault] = listFaults('sesion_id=1');
    expect(fault?.pointer).toBe('/query/sesion_id');
    expect(fault?.detail).toContain('session_id');
  });

  it('refuses a parameter that is given twice', () => {
    expect(listFaults('limit=1&limit=2')).toEqual([
      { pointer: '/query/limit', detail: 'was given more than once' },
    ]);
  });

  it('takes __proto__ for an unknown parameter', () => {
    expect(listFaults('__proto__=1')).toMatchObject([{ pointer: '/query/__proto__' }]);
  });

  it('escapes names in pointers', () => {
    expect(listFaults('a/b~c=1')).toMatchObject([{ pointer: '/query/a~1b~0c' }]);
  });

  it('tells every fault at once', () => {
    expect(
      listFaults('limit=0&has_error=maybe&from=soon')
        .map(({ pointer }) => pointer)
        .sort(),
    ).toEqual(['/query/from', '/query/has_error', '/query/limit']);
  });

  it.each(['agent=%zz', 'agent=%', 'agent=%ff', '%zz=1'])('refuses the escapes of %s', (search) => {
    expect(catchError(() => list.parse({}, search, undefined)).code).toBe('API_BAD_REQUEST');
  });

  it('asks for what Postgres can store', () => {
    expect(list.parse({}, 'agent=a%00b', undefined).query).toMatchObject({ agent: 'a\uFFFDb' });
  });
});

describe('path parameters', () => {
  it('are understood in upper case', () => {
    const params = { trace_id: 'AB'.repeat(16), span_id: 'CD'.repeat(8) };
    expect(getSpan.parse(params, '', undefined).params).toEqual({
      trace_id: 'ab'.repeat(16),
      span_id: 'cd'.repeat(8),
    });
  });

  it('are refused with a pointer each', () => {
    const error = catchError(() => getSpan.parse({ trace_id: 'xyz', span_id: '12' }, '', undefined));
    expect(error.faults).toEqual([
      { pointer: '/params/trace_id', detail: 'must be 32 hexadecimal digits' },
      { pointer: '/params/span_id', detail: 'must be 16 hexadecimal digits' },
    ]);
  });
});

describe('a body', () => {
  const parser = createInputParser(routes.retention.set);

  it('is refused with pointers to what is missing, wrong or unknown', () => {
    const error = catchError(() => parser.parse({}, '', { spans_days: -1, payloads_days: null, extra: 1 }));
    expect(error.faults.map(({ pointer }) => pointer).sort()).toEqual([
      '/body/extra',
      '/body/records_days',
      '/body/spans_days',
    ]);
  });

  it('must be there', () => {
    expect(catchError(() => parser.parse({}, '', undefined)).faults).toMatchObject([{ pointer: '/body' }]);
  });
});

describe('whatever is asked', () => {
  const parsers = listRoutes().map(({ route }) => createInputParser(route));
  const names = [...new Set(listRoutes().flatMap(({ route }) => Object.keys(route.query.shape)))];
  const pair = fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), fc.string({ unit: 'binary' }));

  it('is either parsed or refused with API_BAD_REQUEST', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...parsers),
        fc.array(pair),
        fc.boolean(),
        fc.jsonValue(),
        (parser, pairs, raw, body) => {
          const write = raw ? (text: string) => text : encodeURIComponent;
          const search = pairs.map(([name, text]) => `${write(name)}=${write(text)}`).join('&');
          try {
            parser.parse({ trace_id: 'x' }, search, body);
          } catch (error) {
            expect(error).toBeInstanceOf(SpanledgerError);
            expect(error).toMatchObject({ code: 'API_BAD_REQUEST' });
          }
        },
      ),
    );
  });
});
