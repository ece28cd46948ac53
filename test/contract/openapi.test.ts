import { describe, expect, it } from 'vitest';
import { renderApiDocs } from '../../collector/contract/docs.js';
import { renderOpenApi } from '../../collector/contract/openapi.js';
import { listRoutes } from '../../collector/contract/routes.js';

type Members = Record<string, unknown>;

interface OperationObject {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: Members }[];
  responses: Members;
}

const document = JSON.parse(JSON.stringify(renderOpenApi('1.2.3'))) as {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, Members> };
};

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

function listReferences(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
    key === '$ref' ? [member as string] : listReferences(member),
  );
}

function resolve(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, step) => (at as Members | undefined)?.[step], document);
}

describe('the OpenAPI document', () => {
  it('is of version 3.1 and names the version of the server', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info.version).toBe('1.2.3');
  });

  it('describes every route of the contract', () => {
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(
      listRoutes()
        .map(({ route }) => route.operationId)
        .sort(),
    );
    expect(operations.length).toBeGreaterThan(20);
  });

  it('gives each operation a name of its own', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('refers to nothing that is not in it', () => {
    const references = listReferences(document);
    expect(references.length).toBeGreaterThan(20);
    expect(
      references.filter((reference) => !reference.startsWith('#/') || resolve(reference) === undefined),
    ).toEqual([]);
  });

  it('declares every parameter of a path, as required, and no other', () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required)).toBe(true);
    }
  });

  it('requires no query parameter but the trace that is missed and the model of a quote, and each has a type', () => {
    const query = operations.flatMap(({ operation }) => operation.parameters.filter((p) => p.in === 'query'));
    expect(query.filter(({ required }) => required).map(({ name }) => name)).toEqual(['trace_id', 'model']);
    expect(query.filter(({ schema }) => typeof schema['type'] !== 'string')).toEqual([]);
  });

  it('lets every operation answer a problem', () => {
    for (const { operation } of operations) {
      expect(operation.responses['default']).toEqual({ $ref: '#/components/responses/Problem' });
    }
  });

  it('answers 201 where something is made, 202 where work goes on, else 200', () => {
    const others = operations.flatMap(({ operation: { operationId, responses } }) =>
      Object.hasOwn(responses, '200') ? [] : [[operationId, ...Object.keys(responses)]],
    );
    expect(others).toEqual([
      ['createPrice', '201', 'default'],
      ['recomputePrices', '202', 'default'],
      ['reproject', '202', 'default'],
    ]);
  });

  it('lets the nodes of a tree hold nodes of a tree', () => {
    expect(document.components.schemas['SpanTree']).toMatchObject({
      properties: { children: { type: 'array', items: { $ref: '#/components/schemas/SpanTree' } } },
    });
  });
});

describe('docs/api.md', () => {
  it('is what the contract says', async () => {
    await expect(renderApiDocs()).toMatchFileSnapshot('../../docs/api.md');
  });
});
