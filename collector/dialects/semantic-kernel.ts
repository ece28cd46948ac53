import { ROLE_ORDER, type Dialect } from './dialect.js';

/**
 * What Semantic Kernel adds to the conventions, whose second generation it speaks
 * (microsoft/semantic-kernel:python/semantic_kernel/utils/telemetry/model_diagnostics/gen_ai_attributes.py).
 */
export const semanticKernel: Dialect = {
  name: 'semantic-kernel',
  speaks: 'otel-genai',
  roles: [
    {
      order: ROLE_ORDER.spanNames,
      key: 'sk.available_functions',
      about: '`step`: the loop in which the kernel calls functions',
      read: () => 'step',
    },
  ],
};
