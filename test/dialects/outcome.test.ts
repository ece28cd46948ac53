import { describe, expect, it } from 'vitest';
import { factsOf, type SentSpan } from './sent-span.js';

const TOOL = { 'gen_ai.operation.name': 'execute_tool' };

function endingOf(sent: SentSpan): (string | null)[] {
  const { outcome, errorType, errorMessage } = factsOf(sent);
  return [outcome, errorType, errorMessage];
}

function exception(attributes: Record<string, string>): NonNullable<SentSpan['events']> {
  return [{ name: 'exception', attributes }];
}

describe('how a span ended', () => {
  it('status ERROR is a failure, with the type and message of the exception', () => {
    const events = exception({ 'exception.type': 'RangeError', 'exception.message': 'no seats' });
    expect(endingOf({ statusCode: 2, events })).toEqual(['failed', 'RangeError', 'no seats']);
    expect(endingOf({ statusCode: 2, statusMessage: 'boom', events })[2]).toBe('boom');
  });

  it('error.type is believed before the exception', () => {
    const events = exception({ 'exception.type': 'Error' });
    const attributes = { ...TOOL, 'error.type': 'timeout' };
    expect(endingOf({ attributes, events })).toEqual(['failed', 'timeout', null]);
  });

  it('an AI span with an exception failed although its status is OK or unset', () => {
    const events = exception({ 'exception.message': 'broken' });
    expect(endingOf({ attributes: TOOL, statusCode: 1, events })).toEqual(['failed', null, 'broken']);
  });

  it('a plain span with an exception that was handled did not fail', () => {
    const events = exception({ 'exception.message': 'handled' });
    expect(endingOf({ events })).toEqual(['completed', null, null]);
  });

  it('gen_ai.tool.status and the error flag are marks of failure', () => {
    expect(endingOf({ attributes: { ...TOOL, 'gen_ai.tool.status': 'error' } })[0]).toBe('failed');
    expect(endingOf({ attributes: { ...TOOL, 'gen_ai.tool.status': 'success' } })[0]).toBe('completed');
    expect(endingOf({ attributes: { error: true } })[0]).toBe('failed');
    expect(endingOf({ attributes: { error: false } })[0]).toBe('completed');
  });

  it('a failed HTTP span without a type has its status for one', () => {
    const attributes = { 'http.request.method': 'GET', 'http.response.status_code': 503n };
    expect(endingOf({ attributes, statusCode: 2 })).toEqual(['failed', '503', null]);
  });

  it('a stack in the status message is cut at its first line and tells the type', () => {
    const statusMessage = 'database is locked\n\nError: database is locked\n    at run (db.js:1)';
    const attributes = { 'openinference.span.kind': 'TOOL' };
    expect(endingOf({ attributes, statusCode: 2, statusMessage })).toEqual([
      'failed',
      'Error',
      'database is locked',
    ]);
  });

  it('a message is at most 1,000 characters', () => {
    expect(endingOf({ statusCode: 2, statusMessage: 'x'.repeat(5_000) })[2]).toHaveLength(1_000);
  });

  it.each(['AbortError', 'cancelled', 'asyncio.exceptions.CancelledError', 'APIUserAbortError'])(
    '%s is a cancellation',
    (type) => {
      const attributes = { ...TOOL, 'error.type': type };
      expect(endingOf({ attributes, statusCode: 2 })).toEqual(['cancelled', type, null]);
    },
  );

  it('an abort that the JavaScript SDK wrote by its code is a cancellation', () => {
    const events = exception({ 'exception.type': '20', 'exception.message': 'This operation was aborted' });
    expect(endingOf({ statusCode: 2, events })[0]).toBe('cancelled');
  });

  it.each(['GraphInterrupt', 'langgraph.errors.GraphInterrupt', 'NodeInterrupt'])('%s is waiting', (type) => {
    const events = exception({ 'exception.type': type });
    expect(endingOf({ attributes: TOOL, statusCode: 2, events })[0]).toBe('waiting');
  });

  it('an interrupt that is named only in LangChain’s stack is waiting', () => {
    const statusMessage = '[{"value":"ok?"}]\n\nGraphInterrupt: [{"value":"ok?"}]\n    at interrupt';
    const attributes = { 'openinference.span.kind': 'CHAIN' };
    expect(endingOf({ attributes, statusCode: 2, statusMessage })[0]).toBe('waiting');
  });

  it('a pending span runs, whatever else it says', () => {
    const attributes = { 'spanledger.pending': true };
    expect(endingOf({ attributes, statusCode: 2 })).toEqual(['running', null, null]);
  });
});
