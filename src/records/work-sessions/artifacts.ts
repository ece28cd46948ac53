import { randomUUID } from 'node:crypto';
import { renderJson } from '../../operations/render-json.js';
import { emitRecord } from '../emit-record.js';
import { warnOfRecord } from '../record-attributes.js';

/** A result of work that is kept. */
export interface ArtifactOptions {
  /** `research_finding`, `content_draft`, `report`, `generic_output` or any other word. */
  type: string;
  /** What it is called. */
  title?: string | undefined;
  /** A text, or any value that JSON can say; up to 1 MiB. Larger ones are kept elsewhere, with `reference`. */
  content?: unknown;
  /** Where the result is kept, instead of its content. */
  reference?: ArtifactReference | undefined;
  /** The media type of the content. Default: `text/plain` for a text, else `application/json`. */
  mediaType?: string | undefined;
  /** The artifact's id, 1 to 200 characters. Default: a new one. */
  id?: string | undefined;
  /** How sure the agent is of it, from 0 to 1. A project's rules may ask a person where it is low. */
  confidence?: number | undefined;
  /** Sources and the like: any value that JSON can say. */
  metadata?: unknown;
}

/** A result that is kept elsewhere. */
export interface ArtifactReference {
  /** Where it is kept. */
  uri: string;
  /** What kind of content it is, such as `application/pdf`. */
  mediaType?: string | undefined;
  /** How large it is. */
  sizeBytes?: number | undefined;
  /** In hex. */
  sha256?: string | undefined;
}

/** An artifact that was stored. */
export interface StoredArtifact {
  /** What the artifact is found by. */
  id: string;
}

/** What is kept inline (spec/work-sessions.md, Artifacts). */
const MAX_CONTENT_BYTES = 1_048_576;

/**
 * Records a result of work. Gives its id, a new one unless one is given, also where nothing is recorded. Never throws; content
 * over 1 MiB is cut, and said in a warning.
 */
export function storeArtifact(options: ArtifactOptions): StoredArtifact {
  const { id = randomUUID(), type, title, content, reference, confidence, metadata } = options;
  const text = content === undefined ? undefined : renderJson(content);
  if (
    text !== undefined &&
    text.length * 3 > MAX_CONTENT_BYTES &&
    Buffer.byteLength(text) > MAX_CONTENT_BYTES
  ) {
    warnOfRecord(
      'artifact.stored',
      'content',
      'has more than 1 MiB and is cut: keep it elsewhere, and give a reference',
    );
  }
  const mediaType = options.mediaType ?? (typeof content === 'string' ? 'text/plain' : 'application/json');
  emitRecord('artifact.stored', {
    id,
    type,
    title,
    content: text,
    ...(text !== undefined && { mediaType }),
    ...reference,
    confidence,
    metadata,
  });
  return { id };
}
