import type { PassedOverKey } from '../model/explanation.js';
import type { JsonValue } from '../model/json.js';
import { isBarred, type Candidates } from './candidates.js';
import type { ContentPick } from './content.js';
import type { AttributeSource, ContentField, ContentSource, FactField, FactSource } from './dialect.js';
import { findPrefix, REGISTRY, type RankedSource } from './registry.js';
import type { Role } from './role.js';
import type { SpanView } from './span-view.js';

/** A span that has been read, with what became of it. */
export interface ReadSpan {
  view: SpanView;
  candidates: Candidates;
  role: Role;
  /** By name, only those with a value. */
  columns: ReadonlyMap<string, JsonValue>;
  bodies: ReadonlyMap<ContentField, ContentPick<unknown>>;
}

/** What a key could have been read as; `because` is null where it was. */
interface Use {
  field: string;
  dialect: string;
  because: string | null;
}

/** Fields that are read without a column of their own: they are used wherever they have a value. */
const CHECKS = new Set<string>(['totalTokens', 'isPending']);

/** The attributes of a span that its columns are not from, although a table knows them, and those that none knows. */
export function explainKeys(span: ReadSpan): { passedOver: PassedOverKey[]; unmapped: string[] } {
  const passedOver: PassedOverKey[] = [];
  const unmapped: string[] = [];
  for (const key of span.view.attributes.keys()) {
    const uses = [...listMarkUses(span, key), ...listFactUses(span, key), ...listBodyUses(span, key)];
    for (const { field, dialect, because } of uses) {
      if (because !== null) passedOver.push({ key, field, dialect, because });
    }
    if (uses.length === 0 && !isBody(key)) unmapped.push(key);
  }
  return { passedOver, unmapped };
}

function isBody(key: string): boolean {
  return REGISTRY.keys.get(key)?.isContent === true || findPrefix(key) !== undefined;
}

function listMarkUses(span: ReadSpan, key: string): Use[] {
  const { view, role } = span;
  const value = view.attributes.get(key);
  const types = REGISTRY.roles
    .filter((mark) => mark.key === key)
    .map((mark): Use => {
      const use = { field: 'type', dialect: mark.dialect.name };
      if (mark === role.mark) return { ...use, because: null };
      const isSilent = value === undefined || value === null || mark.read(view, value) === undefined;
      if (isSilent) return { ...use, because: 'its value says nothing of the type' };
      const decider = role.mark?.key;
      return { ...use, because: decider === undefined ? 'another mark is asked first' : comesFirst(decider) };
    });
  const failures = REGISTRY.failures
    .filter((mark) => mark.key === key)
    .map(({ dialect, isFailure, isOwn, except = [] }): Use => {
      const use = { field: 'outcome', dialect };
      if (isOwn === true && view.dialect !== dialect) return { ...use, because: onlyOnSpansOf(dialect) };
      if (except.includes(view.type))
        return { ...use, because: `it is not asked on spans of the type ${view.type}` };
      return { ...use, because: isFailure(value) ? null : 'its value marks no failure' };
    });
  return [...types, ...failures];
}

function listFactUses(span: ReadSpan, key: string): Use[] {
  const uses = (REGISTRY.keys.get(key)?.facts ?? []).map((ranked): Use => ({
    field: ranked.field,
    dialect: ranked.dialect,
    because: explainFact(span, ranked),
  }));
  for (const { field, dialect } of REGISTRY.derivedKeys.get(key) ?? []) {
    const picked = span.candidates.pick(field);
    const isUsed = picked !== undefined && 'derive' in picked.source && picked.source.keys?.includes(key);
    const because = isUsed === true ? null : explainWinner(span, field, picked?.source);
    uses.push({ field, dialect, because });
  }
  return uses;
}

/** Why a field is not from this source; null where it is. */
function explainFact(span: ReadSpan, ranked: RankedSource<AttributeSource<unknown>>): string | null {
  const { view, candidates, columns } = span;
  const { field, source, dialect } = ranked;
  const picked = candidates.pick(field);
  if (picked?.source === source && (columns.has(field) || CHECKS.has(field))) {
    return field === 'errorMessage' ? explainMessage(span) : null;
  }
  if (isBarred(view, source, dialect)) {
    return source.isOwn === true && view.dialect !== dialect ? onlyOnSpansOf(dialect) : onlyOnTypes(source);
  }
  const value =
    source.path === undefined ? view.attributes.get(source.key) : view.jsonAt(source.key, source.path);
  if (value === undefined || value === null || value === '') {
    return source.path === undefined ? 'it is empty' : `there is nothing at \`${source.path.join('.')}\``;
  }
  if (source.read(value) === undefined) return 'its value can not be read as this field';
  return explainWinner(span, field, picked?.source);
}

function explainWinner(
  { view, columns }: ReadSpan,
  field: FactField,
  winner: FactSource<unknown> | undefined,
): string {
  if (field.startsWith('error') && !columns.has('errorType') && !columns.has('errorMessage')) {
    return 'the span has not failed';
  }
  if (field === 'reportedCostUsd' && view.hasFailed && !columns.has(field)) {
    return 'a cost of 0 on a failed span says that nobody reckoned it';
  }
  if (winner === undefined || !columns.has(field)) return 'nothing follows from its value here';
  return 'derive' in winner ? `asked first: ${winner.about}` : comesFirst(winner.key);
}

function explainMessage({ view, columns, candidates }: ReadSpan): string | null {
  const picked = candidates.pick('errorMessage');
  if (picked === undefined || columns.get('errorMessage') === picked.value) return null;
  return view.data.statusMessage === ''
    ? 'asked first: the message of the exception event'
    : 'asked first: the message of the status';
}

function listBodyUses(span: ReadSpan, key: string): Use[] {
  const known = REGISTRY.keys.get(key);
  const prefix = known === undefined ? findPrefix(key) : undefined;
  return (known?.content ?? prefix?.content ?? []).map(({ field, dialect }) => {
    const picked = span.bodies.get(field);
    const isUsed =
      picked?.source.keys?.includes(key) === true ||
      (prefix !== undefined && picked?.source.prefix === prefix.prefix);
    return {
      field,
      dialect,
      because: isUsed ? null : explainBody(span, { key, field, dialect }, picked?.source),
    };
  });
}

function explainBody(
  { view }: ReadSpan,
  { key, field, dialect }: { key: string; field: ContentField; dialect: string },
  winner: ContentSource<unknown> | undefined,
): string {
  const source: ContentSource<unknown> | undefined = REGISTRY.content
    .get(field)
    ?.find((ranked) => ranked.dialect === dialect && ranked.source.keys?.includes(key))?.source;
  if (source?.only?.includes(view.type) === false) return onlyOnTypes(source);
  if (source?.isOwn === true && view.dialect !== dialect) return onlyOnSpansOf(dialect);
  if (winner === undefined) return 'there is nothing of that kind in it';
  const first = winner.keys?.find((winning) => view.attributes.has(winning)) ?? winner.prefix;
  return first === undefined ? 'message events are asked first' : comesFirst(first);
}

function comesFirst(key: string): string {
  return `\`${key}\` is asked first`;
}

function onlyOnSpansOf(dialect: string): string {
  return `it is asked only on spans that ${dialect} marks`;
}

function onlyOnTypes({ only = [] }: { only?: FactSource<unknown>['only'] }): string {
  return `it is asked only on spans of the type ${only.join(', ')}`;
}
