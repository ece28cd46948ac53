import { describe, expect, it } from 'vitest';
import { AttributeIndex, findShape } from '../../collector/dialects/attribute-shape.js';
import { Candidates, isBarred } from '../../collector/dialects/candidates.js';
import { readSpan } from '../../collector/dialects/facts.js';
import { knowShape } from '../../collector/dialects/known-shape.js';
import { viewLog } from '../../collector/dialects/log.js';
import { DIALECTS, REGISTRY } from '../../collector/dialects/registry.js';
import { SpanView } from '../../collector/dialects/span-view.js';
import type { SpanData } from '../../collector/model/span-data.js';
import { listCaptures } from '../support/captures.js';
import { readHeapBytes } from '../support/heap.js';
import { decodeCapture } from './decoded-captures.js';
import { factsOf, keyValues, reportOf, sendSpan } from './sent-span.js';

const captures = listCaptures().map((name) => decodeCapture(name));
const recorded = captures.flatMap(({ spans }) => spans);

/** What may be remembered of shapes, as `attribute-shape.ts` estimates it, and half as much again. */
const BOUND_BYTES = 48_000_000;

function readView(data: SpanData): SpanView {
  return understand(new SpanView(data));
}

function understand(view: SpanView): SpanView {
  readSpan(view, new Candidates(view));
  return view;
}

describe('the shape of attributes', () => {
  it('is one for all spans with the same keys in the same order, whatever the values', () => {
    const shape = findShape(keyValues({ 'gen_ai.system': 'openai', 'shape.test': 1n }));
    expect(findShape(keyValues({ 'gen_ai.system': null, 'shape.test': 'x' }))).toBe(shape);
    expect(findShape(keyValues({ 'shape.test': 1n, 'gen_ai.system': 'openai' }))).not.toBe(shape);
    expect(findShape(keyValues({ 'gen_ai.system': 'openai' }))).not.toBe(shape);
  });

  it('leads to the first value of equal keys', () => {
    const attributes = [
      { key: 'a', value: 1n },
      { key: 'b', value: 2n },
      { key: 'a', value: 3n },
    ];
    const index = new AttributeIndex(attributes, findShape(attributes));
    expect([index.get('a'), index.get('b'), index.get('c')]).toEqual([1n, 2n, undefined]);
    expect([...index.keys()]).toEqual(['a', 'b']);
  });

  it('keeps apart by dialect the keys that are content on the spans of one alone', () => {
    const attributes = { 'gen_ai.operation.name': 'chat', tool_arguments: '{}' };
    const keysIn = (scope: string): string[] => {
      const view = readView(sendSpan({ scope, attributes }));
      return [...new Candidates(view).contentKeys];
    };
    expect(keysIn('pydantic-ai')).toEqual(['tool_arguments']);
    expect(keysIn('elsewhere')).toEqual([]);
    expect(keysIn('pydantic-ai')).toEqual(['tool_arguments']);
  });

  it('is still known once more keys came than are remembered', () => {
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5-mini' };
    const before = factsOf({ attributes });
    for (let span = 0; span < 2_500; span++) {
      const keys = Array.from({ length: 50 }, (_, key) => [`${span}.${key}`, 'x'] as const);
      findShape(keyValues(Object.fromEntries(keys)));
    }
    expect(factsOf({ attributes })).toEqual(before);
  });

  it('takes bounded memory, whatever keys come', () => {
    const before = readHeapBytes();
    for (let span = 0; span < 30_000; span++) knowShape(findShape(keyValues({ [`one.${span}`]: null })));
    expect(readHeapBytes() - before).toBeLessThan(BOUND_BYTES);
    const longKey = 'k'.repeat(1_000);
    for (let span = 0; span < 800; span++) {
      const keys = Array.from({ length: 250 }, (_, key) => [`long.${span}.${key}`, null] as const);
      findShape(keyValues({ ...Object.fromEntries(keys), [longKey]: null }));
    }
    expect(readHeapBytes() - before).toBeLessThan(BOUND_BYTES);
  });

  it('remembers few scopes of it, and none with a long name', () => {
    const attributes = { 'gen_ai.operation.name': 'chat', 'shape.of': 'speakers' };
    const before = readHeapBytes();
    for (let scope = 0; scope < 20; scope++) {
      readView(sendSpan({ scope: Buffer.alloc(1_000_000, `${scope} `).toString(), attributes }));
    }
    expect(readHeapBytes() - before).toBeLessThan(2_000_000);
  });
});

describe('what is remembered for a shape', () => {
  it('leaves out no derived source that would have had a value', () => {
    const derived = REGISTRY.derived.flat();
    let asked = 0;
    const reports = captures.flatMap(({ logs }) => logs.map((log) => understand(viewLog(log))));
    for (const view of [...recorded.map(readView), ...reports]) {
      for (const { source, field, dialect } of derived) {
        if (
          knowShape(view.shape)
            .sources.get(field)
            ?.some((candidate) => candidate.source === source) === true
        )
          continue;
        if (isBarred(view, source, dialect)) continue;
        asked++;
        expect(source.derive(view), `${field}: ${source.about}`).toBeUndefined();
      }
    }
    expect(asked).toBeGreaterThan(1_000);
  });

  it('asks a source that can do without its attributes', () => {
    for (const eventName of ['gemini_cli.api_error', 'claude_code.api_error']) {
      expect(reportOf({ eventName, attributes: {} })?.errorType).toBe('api_error');
    }
  });

  it('is who speaks: no dialect looks at values to know its spans', () => {
    const speakers = DIALECTS.flatMap(({ isSpeaker }) => isSpeaker ?? []);
    let recognised = 0;
    for (const data of recorded) {
      const emptied = { ...data, attributes: data.attributes.map(({ key }) => ({ key, value: null })) };
      for (const isSpeaker of speakers) {
        const answer = isSpeaker(new SpanView(data));
        if (answer) recognised++;
        expect(isSpeaker(new SpanView(emptied))).toBe(answer);
      }
    }
    expect(recognised).toBeGreaterThan(10);
  });
});
