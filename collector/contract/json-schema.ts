import { z } from 'zod';

/** A JSON Schema, or any other part of a JSON document. */
export type JsonDocument =
  null | boolean | number | string | JsonDocument[] | { [key: string]: JsonDocument };
export type JsonMembers = Record<string, JsonDocument>;

/**
 * Writes zod schemas as JSON Schema 2020-12, gathering those that have an id (`.meta({ id })`) under
 * `#/components/schemas/`. Answers stay open to new members: a reader must ignore what it does not know.
 */
export class SchemaWriter {
  readonly components: Record<string, JsonDocument> = {};

  /** The schema as it stands in a document that holds {@link components}. */
  write(schema: z.ZodType): JsonDocument {
    // A member, since a schema at the top is written out instead of being referred to.
    const document = z.toJSONSchema(z.object({ it: schema }), { io: 'input' }) as unknown as JsonMembers;
    for (const [id, definition] of Object.entries((document['$defs'] ?? {}) as JsonMembers)) {
      this.components[id] = moveReferences(definition);
    }
    return moveReferences((document['properties'] as JsonMembers)['it'] ?? {});
  }
}

function moveReferences(value: JsonDocument): JsonDocument {
  if (Array.isArray(value)) return value.map(moveReferences);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === '$ref' && typeof member === 'string'
        ? member.replace('#/$defs/', '#/components/schemas/')
        : moveReferences(member),
    ]),
  );
}
