import type {
  AttributeSource,
  ContentField,
  ContentSource,
  ContentValues,
  DerivedSource,
  Dialect,
  FactField,
  FactSource,
  FailureSource,
  LogSource,
  RoleSource,
} from './dialect.js';
import { agentFramework } from './agent-framework.js';
import { anthropicSdk } from './anthropic-sdk.js';
import { claudeCode } from './claude-code.js';
import { codexCli } from './codex-cli.js';
import { copilot } from './copilot.js';
import { crewai } from './crewai.js';
import { geminiCli } from './gemini-cli.js';
import { genkit } from './genkit.js';
import { googleAdk } from './google-adk.js';
import { langfuse } from './langfuse.js';
import { langsmith } from './langsmith.js';
import { livekit } from './livekit.js';
import { logfire } from './logfire.js';
import { mastra } from './mastra.js';
import { mcp } from './mcp.js';
import { mlflow } from './mlflow.js';
import { openInference } from './openinference.js';
import { openLlmetry } from './openllmetry.js';
import { otelGenAi } from './otel-genai.js';
import { plain } from './plain.js';
import { pydanticAi } from './pydantic-ai.js';
import { semanticKernel } from './semantic-kernel.js';
import { spanledger } from './spanledger.js';
import { strands } from './strands.js';
import { vercelAi } from './vercel-ai.js';

/** Every dialect that is understood. Where two say the same fact, the one further up is believed. */
export const DIALECTS: readonly Dialect[] = [
  spanledger,
  plain,
  otelGenAi,
  openInference,
  vercelAi,
  langfuse,
  langsmith,
  openLlmetry,
  mlflow,
  claudeCode,
  codexCli,
  geminiCli,
  copilot,
  mastra,
  strands,
  anthropicSdk,
  mcp,
  pydanticAi,
  logfire,
  googleAdk,
  genkit,
  livekit,
  agentFramework,
  semanticKernel,
  crewai,
];

/** A source with its place in the order of all sources of its field; the lowest rank is asked first. */
export interface RankedSource<S> {
  field: FactField;
  dialect: string;
  rank: number;
  source: S;
}

interface RankedContentSource<F extends ContentField = ContentField> {
  field: ContentField;
  dialect: string;
  rank: number;
  source: ContentSource<ContentValues[F]>;
}

export interface RankedRole extends RoleSource {
  dialect: Dialect;
}

interface RankedLog extends LogSource {
  dialect: string;
}

/** What the tables know of one attribute key. */
interface KnownKey {
  facts: RankedSource<AttributeSource<unknown>>[];
  isContent: boolean;
  /** Dialects on whose spans alone it is content. */
  contentOf: string[];
  /** Content fields that are read from it, with the dialect. */
  content: { field: ContentField; dialect: string }[];
  /** It decides or helps to decide the role or the outcome. */
  marks: { field: 'type' | 'outcome'; dialect: string }[];
}

/** The tables of all dialects turned round: from keys and fields to sources. */
export interface Registry {
  roles: readonly RankedRole[];
  keys: ReadonlyMap<string, KnownKey>;
  /** Prefixes of flattened bodies by their first character. */
  prefixes: ReadonlyMap<string, readonly KnownPrefix[]>;
  /** Attributes that derived sources look at; apart from `keys`, which ingest asks for each attribute of each span. */
  derivedKeys: ReadonlyMap<string, readonly { field: FactField; dialect: string }[]>;
  /** One list for each field that has any. */
  derived: readonly (readonly RankedSource<DerivedSource<unknown>>[])[];
  content: ReadonlyMap<ContentField, RankedContentSource[]>;
  failures: readonly (FailureSource & { dialect: string })[];
  /** By the name of the event, in the order of the dialects. */
  logs: ReadonlyMap<string, readonly RankedLog[]>;
}

export interface KnownPrefix {
  prefix: string;
  content: { field: ContentField; dialect: string }[];
}

const LATE = 1_000_000;
const DIALECT_SPAN = 1_000;

function readShift({ isFirst, isLate }: { isFirst?: boolean; isLate?: boolean }): number {
  if (isFirst === true) return -LATE;
  return isLate === true ? LATE : 0;
}

class RegistryBuilder {
  readonly roles: RankedRole[] = [];
  readonly keys = new Map<string, KnownKey>();
  readonly prefixes = new Map<string, KnownPrefix[]>();
  readonly derivedKeys = new Map<string, { field: FactField; dialect: string }[]>();
  readonly derived = new Map<FactField, RankedSource<DerivedSource<unknown>>[]>();
  readonly content = new Map<ContentField, RankedContentSource[]>();
  readonly failures: (FailureSource & { dialect: string })[] = [];
  readonly logs = new Map<string, RankedLog[]>();

  add(dialect: Dialect, place: number): void {
    for (const role of dialect.roles ?? []) this.#addRole(dialect, role);
    for (const [field, sources] of Object.entries(dialect.facts ?? {})) {
      (sources as readonly FactSource<unknown>[]).forEach((source, index) => {
        const rank = place * DIALECT_SPAN + index + readShift(source);
        this.#addFact(field as FactField, { dialect: dialect.name, rank, source });
      });
    }
    for (const [field, sources] of Object.entries(dialect.content ?? {})) {
      (sources as readonly ContentSource<never>[]).forEach((source, index) => {
        const rank = place * DIALECT_SPAN + index + readShift(source);
        this.#addContent({ field: field as ContentField, dialect: dialect.name, rank, source });
      });
    }
    for (const failure of dialect.failures ?? []) {
      this.failures.push({ ...failure, dialect: dialect.name });
      this.#know(failure.key).marks.push({ field: 'outcome', dialect: dialect.name });
    }
    for (const log of dialect.logs ?? []) {
      for (const event of log.events) append(this.logs, event, { ...log, dialect: dialect.name });
    }
    for (const key of dialect.otherContentKeys ?? []) this.#know(key).isContent = true;
    for (const prefix of dialect.otherContentPrefixes ?? []) this.#knowPrefix(prefix);
  }

  build(): Registry {
    this.roles.sort((left, right) => left.order - right.order);
    for (const sources of this.content.values()) sources.sort((left, right) => left.rank - right.rank);
    const { roles, keys, prefixes, derivedKeys, content, failures, logs } = this;
    const derived = [...this.derived.values()];
    return { roles, keys, prefixes, derivedKeys, derived, content, failures, logs };
  }

  #addRole(dialect: Dialect, role: RoleSource): void {
    this.roles.push({ ...role, dialect });
    if (role.key !== undefined) this.#know(role.key).marks.push({ field: 'type', dialect: dialect.name });
  }

  #addFact(
    field: FactField,
    ranked: Pick<RankedSource<FactSource<unknown>>, 'dialect' | 'rank' | 'source'>,
  ): void {
    const { source, ...rest } = ranked;
    if ('key' in source) this.#know(source.key).facts.push({ field, ...rest, source });
    else {
      append(this.derived, field, { field, ...rest, source });
      for (const key of source.keys ?? []) append(this.derivedKeys, key, { field, dialect: rest.dialect });
    }
  }

  #addContent(ranked: RankedContentSource): void {
    const { field, dialect, source } = ranked;
    append(this.content, field, ranked);
    for (const key of source.keys ?? []) {
      const known = this.#know(key);
      if (source.isOwn === true) known.contentOf.push(dialect);
      else known.isContent = true;
      known.content.push({ field, dialect });
    }
    if (source.prefix !== undefined) this.#knowPrefix(source.prefix).content.push({ field, dialect });
  }

  #know(key: string): KnownKey {
    let known = this.keys.get(key);
    if (known === undefined) {
      known = { facts: [], isContent: false, contentOf: [], content: [], marks: [] };
      this.keys.set(key, known);
    }
    return known;
  }

  #knowPrefix(prefix: string): KnownPrefix {
    const bucket = this.prefixes.get(prefix.charAt(0)) ?? [];
    this.prefixes.set(prefix.charAt(0), bucket);
    let known = bucket.find((entry) => entry.prefix === prefix);
    if (known === undefined) {
      known = { prefix, content: [] };
      bucket.push(known);
    }
    return known;
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Turns tables round; the order of `dialects` is the order of belief. */
function createRegistry(dialects: readonly Dialect[]): Registry {
  const builder = new RegistryBuilder();
  dialects.forEach((dialect, place) => {
    builder.add(dialect, place);
  });
  return builder.build();
}

export const REGISTRY = createRegistry(DIALECTS);

/** The flattened family that a key belongs to. */
export function findPrefix(key: string): KnownPrefix | undefined {
  const bucket = REGISTRY.prefixes.get(key.charAt(0));
  if (bucket === undefined) return undefined;
  for (const known of bucket) if (key.startsWith(known.prefix)) return known;
  return undefined;
}
