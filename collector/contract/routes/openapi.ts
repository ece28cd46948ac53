import { z } from 'zod';
import { operations } from '../operations.js';
import { defineRoute } from '../route.js';

export const openapi = {
  get: defineRoute(operations.openapi.get, {
    tag: 'Description',
    summary: 'Describe this API',
    description: 'The OpenAPI 3.1 document of the query API.',
    response: z.record(z.string(), z.unknown()),
    isPublic: true,
  }),
};
