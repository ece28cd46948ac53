/**
 * The import rule of docs/architecture.md: data flows one way through the rooms, and each room may import only what
 * is named for it here. What is not allowed is an error.
 */
const room = (name) => `^collector/${name}`;

/** Room → the rooms it may import, itself and the leaves aside. */
const ALLOWED = {
  'model/': [],
  'contract/': ['errors\\.ts'],
  'errors\\.ts': [],
  'telemetry\\.ts': ['model/'],
  'auth\\.ts': ['errors\\.ts', 'model/'],
  'config\\.ts': ['errors\\.ts'],
  'version\\.ts': [],
  'otlp/': ['model/', 'errors\\.ts'],
  'dialects/': ['model/'],
  'prices/': ['model/'],
  'projections/': ['model/'],
  'storage/': ['model/', 'contract/', 'errors\\.ts'],
  'ingest\\.ts': [
    'otlp/',
    'dialects/',
    'prices/',
    'storage/storage\\.ts',
    'model/',
    'errors\\.ts',
    'telemetry\\.ts',
  ],
  'servers/': ['config\\.ts', 'errors\\.ts'],
  'close-all\\.ts': [],
  'receivers/': ['otlp/', 'ingest\\.ts', 'model/', 'errors\\.ts', 'auth\\.ts', 'telemetry\\.ts'],
  'spool/': ['otlp/', 'ingest\\.ts', 'model/', 'errors\\.ts', 'telemetry\\.ts'],
  'forward/': ['model/', 'errors\\.ts', 'telemetry\\.ts'],
  'self-telemetry/': ['otlp/', 'model/', 'contract/', 'errors\\.ts', 'telemetry\\.ts'],
  'api/': ['contract/', 'storage/storage\\.ts', 'model/', 'errors\\.ts', 'auth\\.ts', 'telemetry\\.ts'],
  'jobs/': ['storage/storage\\.ts', 'ingest\\.ts', 'model/', 'errors\\.ts', 'telemetry\\.ts'],
  'client/': ['contract/'],
  'cli/': ['client/', 'collector\\.ts', 'config\\.ts', 'version\\.ts', 'contract/', 'errors\\.ts', 'model/'],
};

const rules = Object.entries(ALLOWED).map(([from, to]) => ({
  name: `${from.replace('\\', '')} imports only what it may`,
  severity: 'error',
  from: { path: room(from) },
  to: { path: '^(collector|src)/', pathNot: [room(from), ...to.map(room)] },
}));

const only = (module, places) => ({
  name: `${module} only in ${places.join(', ')}`,
  severity: 'error',
  from: { path: '^(collector|src)/', pathNot: places.map((place) => `^${place}`) },
  to: { path: `^node_modules/${module}/` },
});

/** What the SDK loads by a dynamic import, and only for those who ask for it: a price library. */
const LOADED_WHEN_USED = ['^node_modules/@pydantic/genai-prices/'];

module.exports = {
  forbidden: [
    ...rules,
    only('pg', ['collector/storage/postgres/']),
    only('pg-copy-streams', ['collector/storage/postgres/']),
    only('express', ['collector/receivers/', 'collector/api/', 'collector/interop/']),
    {
      name: 'the SDK never imports the collector',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^collector/' },
    },
    {
      name: 'the SDK imports OpenTelemetry and Node alone',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypesNot: ['core', 'local', 'type-only'],
        pathNot: ['^src/', '^node_modules/@opentelemetry/', ...LOADED_WHEN_USED],
      },
    },
    {
      name: 'src/semconv.ts is a leaf',
      severity: 'error',
      from: { path: '^src/semconv\\.ts$' },
      to: {},
    },
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'everything resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
