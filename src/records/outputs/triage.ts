import { outputSchema, type OutputSchema } from './output-schema.js';
import {
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  text,
  toStandardSchema,
  withDefault,
} from './shapes.js';

/** How much a file has to do with a domain. */
export interface DomainScore {
  /** Which domain. */
  domain: 'financial' | 'legal' | 'strategy' | 'evidence';
  /** From 0 to 100. */
  score: number;
  /** Why this score. */
  reasoning?: string | undefined;
}

/** Somebody or something that a file names. */
export interface ExtractedEntity {
  /** What it is. */
  type: 'person' | 'organization' | 'date' | 'location' | 'amount' | 'legal_term';
  /** Its name, date, place, amount or term. */
  value: string;
  /** Where it stands in the file. */
  context?: string | undefined;
  /** From 0 to 1. */
  confidence: number;
}

/** What a file says. */
export interface FileSummary {
  /** Up to 200 characters. */
  short: string;
  /** Up to 2,000 characters. */
  detailed: string;
}

/** How much work a file is. */
export interface ComplexityAssessment {
  /** How much work it is. */
  tier: 'low' | 'medium' | 'high';
  /** How many tokens a model needs for it. */
  token_estimate?: number | undefined;
  /** Why so much. */
  reasoning?: string | undefined;
}

/** Files that belong together. */
export interface FileGrouping {
  /** What the group is called. */
  group_name: string;
  /** The files in it. */
  file_ids: string[];
  /** Why they belong together. */
  reason: string;
}

/** What was found in one file. */
export interface TriageFileResult {
  /** The file. */
  file_id: string;
  /** How much it has to do with each domain. */
  domain_scores: DomainScore[];
  /** What it names. */
  entities: ExtractedEntity[];
  /** What it says. */
  summary: FileSummary;
  /** How much work it is. */
  complexity: ComplexityAssessment;
  /** From 0 to 1. */
  confidence: number;
  /** Whether it could not be read well. */
  is_corrupted: boolean;
  /** What could not be read. */
  corruption_notes?: string | undefined;
}

/** What a triage agent finds in the files of a case: the output that follows `triage/v1`. */
export interface TriageOutput {
  /** What was found in each file. */
  file_results: TriageFileResult[];
  /** Files that belong together. */
  suggested_groupings: FileGrouping[];
  /** How many tokens a model needs for all. */
  total_token_estimate?: number | undefined;
}

/** An entity as an agent writes it; `confidence` is 1 unless it is given. */
export interface ExtractedEntityInput extends Omit<ExtractedEntity, 'confidence'> {
  /** From 0 to 1. Default 1. */
  confidence?: number | undefined;
}

/** A file's result as an agent writes it; `is_corrupted` is false unless it is given. */
export interface TriageFileResultInput extends Omit<TriageFileResult, 'entities' | 'is_corrupted'> {
  /** What the file names. */
  entities: ExtractedEntityInput[];
  /** Whether the file could not be read well. Default false. */
  is_corrupted?: boolean | undefined;
}

/** The output as an agent writes it, with what may be left out. */
export interface TriageInput extends Omit<TriageOutput, 'file_results'> {
  /** What was found in each file. */
  file_results: TriageFileResultInput[];
}

const tokens = optional(number(0, Infinity));
const reasoning = optional(text());

const fileResult = object<TriageFileResult>({
  file_id: text(),
  domain_scores: list(
    object<DomainScore>({
      domain: oneOf('financial', 'legal', 'strategy', 'evidence'),
      score: number(0, 100),
      reasoning,
    }),
  ),
  entities: list(
    object<ExtractedEntity>({
      type: oneOf('person', 'organization', 'date', 'location', 'amount', 'legal_term'),
      value: text(),
      context: optional(text()),
      confidence: withDefault(number(0, 1), 1),
    }),
  ),
  summary: object<FileSummary>({ short: text(200), detailed: text(2_000) }),
  complexity: object<ComplexityAssessment>({
    tier: oneOf('low', 'medium', 'high'),
    token_estimate: tokens,
    reasoning,
  }),
  confidence: number(0, 1),
  is_corrupted: withDefault(flag(), false),
  corruption_notes: optional(text()),
});

/** The schema `triage/v1`, which the collector knows too (spec/executions.md, Structured outputs). */
export const triageV1: OutputSchema<TriageInput, TriageOutput> = outputSchema(
  'triage/v1',
  toStandardSchema<TriageInput, TriageOutput>(
    object<TriageOutput>({
      file_results: list(fileResult),
      suggested_groupings: list(
        object<FileGrouping>({ group_name: text(), file_ids: list(text()), reason: text() }),
      ),
      total_token_estimate: tokens,
    }),
  ),
);
