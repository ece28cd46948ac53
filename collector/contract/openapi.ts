import { Problem } from './answers.js';
import type { JsonDocument, JsonMembers } from './json-schema.js';
import { SchemaWriter } from './json-schema.js';
import type { Route } from './route.js';
import { listRoutes } from './routes.js';

/** The query API as an OpenAPI 3.1 document. `version` is that of the server. */
export function renderOpenApi(version: string): JsonMembers {
  const schemas = new SchemaWriter();
  const paths: Record<string, JsonMembers> = {};
  for (const { route } of listRoutes()) {
    paths[route.path] = { ...paths[route.path], [route.method]: writeOperation(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Spanledger query API',
      version,
      description: 'Traces, sessions, agent executions, logs and metrics that the collector has stored.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }, {}],
    tags: [...new Set(listRoutes().map(({ route }) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.components,
      responses: {
        Problem: {
          description: 'What went wrong, with a stable `code` (RFC 9457).',
          content: { 'application/problem+json': { schema: schemas.write(Problem) } },
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}

function writeOperation(route: Route, schemas: SchemaWriter): JsonMembers {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.description,
    ...(route.isPublic ? { security: [] } : {}),
    parameters: [
      ...listParameters(route, schemas).map(({ schema, description, ...parameter }) => ({
        ...parameter,
        ...(description === '' ? {} : { description }),
        schema,
      })),
    ],
    ...(route.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemas.write(route.body) } },
          },
        }),
    responses: {
      [route.status]: {
        description: route.summary,
        content: { 'application/json': { schema: schemas.write(route.response) } },
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

/** A path or query parameter of a route, as OpenAPI describes it. */
export interface Parameter {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  description: string;
  schema: JsonDocument;
}

/** The parameters of a route: those of the path, then those of the query, in the order of the contract. */
export function listParameters(route: Route, schemas: SchemaWriter): Parameter[] {
  return (['path', 'query'] as const).flatMap((place) => {
    const written = schemas.write(place === 'path' ? route.params : route.query) as JsonMembers;
    const required = (written['required'] ?? []) as string[];
    return Object.entries((written['properties'] ?? {}) as Record<string, JsonMembers>).map(
      ([name, member]) => {
        const { description, ...schema } = member;
        return {
          name,
          in: place,
          required: required.includes(name),
          description: typeof description === 'string' ? description : '',
          schema,
        };
      },
    );
  });
}
