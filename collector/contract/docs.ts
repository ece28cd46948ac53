import type { JsonDocument, JsonMembers } from './json-schema.js';
import { SchemaWriter } from './json-schema.js';
import { listParameters } from './openapi.js';
import type { Route } from './route.js';
import { listRoutes } from './routes.js';

const PREFACE = `# Query API

Everything below is served under \`/api/v1\` and described by OpenAPI 3.1 at \`/api/v1/openapi.json\`. This page is
written by \`renderApiDocs()\` in \`collector/contract/docs.ts\` from the same contract.

- Lists answer \`{"data": [...], "next_cursor": "…" | null}\` and take \`limit\` and \`cursor\`; a single thing answers itself.
- JSON members are snake_case. Times are RFC 3339 with as many digits as are known, ids of traces and spans are hex,
  token counts are integers, money is a JSON number in US dollars. What is not known is null, never 0.
- Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`, see [errors](errors.md). Each of \`errors\` has a
  JSON pointer into \`{params, query, body}\`, such as \`/params/trace_id\`, \`/query/limit\` or \`/body/spans_days\`.
- Readers must ignore members that they do not know.`;

/** The text of `docs/api.md`: every route with its parameters, its body and its answer. */
export function renderApiDocs(): string {
  const schemas = new SchemaWriter();
  const tags = [...new Set(listRoutes().map(({ route }) => route.tag))];
  const sections = tags.map((tag) => {
    const routes = listRoutes().filter(({ route }) => route.tag === tag);
    return [`## ${tag}`, ...routes.map(({ route }) => renderRoute(route, schemas))].join('\n\n');
  });
  const shapes = Object.entries(schemas.components).map(([id, schema]) =>
    renderShape(id, schema as JsonMembers),
  );
  return `${[PREFACE, ...sections, '## Shapes', ...shapes].join('\n\n')}\n`;
}

function renderRoute(route: Route, schemas: SchemaWriter): string {
  const parts = [
    `### ${route.method.toUpperCase()} ${route.path}`,
    `${route.summary}. ${route.description}`,
    listParameters(route, schemas)
      .map(({ name, in: place, schema, description }) => {
        const type = describeType(schema);
        return `- \`${name}\` (${place === 'path' ? 'path, ' : ''}${type}${describeDefault(schema)}): ${description}`;
      })
      .join('\n'),
    route.body === null ? '' : `Body: ${describeType(schemas.write(route.body))}.`,
    `Answers ${route.status === 200 ? '' : `${route.status} with `}${describeType(schemas.write(route.response))}.`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function renderShape(id: string, schema: JsonMembers): string {
  const members = Object.entries((schema['properties'] ?? {}) as JsonMembers).map(
    ([name, member]) => `- \`${name}\`: ${describeType(member)}`,
  );
  return [`### ${id}`, members.length === 0 ? describeType(schema) : members.join('\n')].join('\n\n');
}

function describeDefault(schema: JsonDocument): string {
  const preset = (schema as JsonMembers)['default'];
  return preset === undefined ? '' : `, default \`${JSON.stringify(preset)}\``;
}

/** A JSON Schema in a few words. */
function describeType(schema: JsonDocument): string {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) return 'any JSON';
  const { $ref, anyOf, enum: values, type, items, properties, format } = schema;
  if (typeof $ref === 'string') {
    const id = $ref.slice($ref.lastIndexOf('/') + 1);
    return `[${id}](#${id.toLowerCase()})`;
  }
  if (Array.isArray(anyOf)) return anyOf.map(describeType).join(' or ');
  if (Array.isArray(values)) return values.map((value) => `\`${value as string}\``).join(', ');
  if (type === 'array') return `list of ${describeType(items ?? {})}`;
  if (properties !== undefined && properties !== null) {
    const members = Object.entries(properties as JsonMembers).map(
      ([name, member]) => `${name}: ${describeType(member)}`,
    );
    return members.length === 0 ? 'an empty object' : `{ ${members.join('; ')} }`;
  }
  if (Array.isArray(type)) return type.map((name) => describeType({ ...schema, type: name })).join(' or ');
  if (typeof type !== 'string') return 'any JSON';
  return format === 'date-time' ? 'time' : `${type}${describeRange(schema)}`;
}

function describeRange({ minimum, maximum }: JsonMembers): string {
  const isBounded = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER;
  return typeof minimum === 'number' && isBounded ? ` ${minimum} to ${maximum}` : '';
}
