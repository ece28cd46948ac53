// Runs benchmarks and prints their tables as Markdown; docs/benchmarks.md says how to read them.
//
//   npm run bench -- [ingest|latency|memory|disk|growth|sdk|all] [--quick] [--help]
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled } from '../scripts/ensure.mjs';

const NAMES = ['ingest', 'latency', 'memory', 'disk', 'growth', 'sdk'];

/** Every size has the one of a full run and the one of `--quick`, which only shows that the benchmark works. */
const SIZES = {
  seconds: { full: 15, quick: 0.1, about: 'about how long each load lasts (ingest, latency, memory)' },
  connections: { full: 8, quick: 4, about: 'connections of a full load' },
  batch: { full: 512, quick: 64, about: 'spans in a request' },
  spans: { full: 1_000_000, quick: 1000, about: 'spans of the long run (memory)' },
  loops: { full: 40, quick: 1, about: 'agent loops of 40 steps (disk)' },
  rounds: { full: 30, quick: 3, about: 'how often each thing is timed, all in turn (growth, sdk)' },
  calls: { full: 2000, quick: 20, about: 'calls of each operation in a round (sdk)' },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...Object.fromEntries(Object.keys(SIZES).map((name) => [name, { type: 'string' }])),
    transport: { type: 'string', default: 'http/protobuf' },
    seed: { type: 'string' },
    profile: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    'database-url': { type: 'string' },
    'skip-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(renderHelp());
else await main(positionals[0] ?? 'ingest');

async function main(name) {
  const names = name === 'all' ? NAMES : NAMES.filter((known) => known === name);
  if (names.length === 0) throw new Error(`there is no benchmark ${name}: choose ${NAMES.join(', ')} or all`);
  if (!values['skip-build']) {
    await ensureInstalled();
    await ensureBuilt();
  }
  const settings = readSettings();
  const { describeMachine } = await import('./support/markdown.mjs');
  const { openWorkspace } = await import('./support/workspace.mjs');
  const benchmarks = await Promise.all(names.map((each) => import(`./${each}.mjs`)));
  const workspace = benchmarks.some(({ needsPostgres = true }) => needsPostgres)
    ? await openWorkspace({ databaseUrl: values['database-url'] })
    : undefined;
  const interrupt = () => {
    // Postgres is a session of its own and would live on.
    void Promise.resolve(workspace?.close()).finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    process.stdout.write(
      `${describeMachine(workspace?.postgresVersion)}, seed ${settings.seed}${settings.quick ? ', quick: the figures mean nothing' : ''}\n`,
    );
    for (const { measure } of benchmarks) {
      for (const { title, table } of await measure({ settings, workspace }))
        process.stdout.write(`\n## ${title}\n\n${table}\n`);
    }
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await workspace?.close();
  }
}

function readSettings() {
  const sizes = Object.entries(SIZES).map(([name, { full, quick }]) => {
    const size = Number(values[name] ?? (values.quick ? quick : full));
    if (!(size > 0)) throw new Error(`--${name} takes a number above 0`);
    return [name, size];
  });
  const { transport, profile, quick, seed } = values;
  if (!['http/protobuf', 'http/json', 'grpc'].includes(transport))
    throw new Error('--transport takes http/protobuf, http/json or grpc');
  // A new seed each time, so that no run finds the texts of the one before.
  return {
    ...Object.fromEntries(sizes),
    transport,
    profile,
    quick,
    seed: Number(seed ?? Date.now() % 2 ** 31),
  };
}

function renderHelp() {
  const sizes = Object.entries(SIZES).map(([name, { full, quick, about }]) => [
    `--${name} <number>`,
    `${about}; ${full}, with --quick ${quick}`,
  ]);
  const others = [
    ['--transport <name>', 'http/protobuf (default), http/json or grpc (ingest, latency, memory)'],
    ['--profile', 'also where the time of the collector goes, in a run of its own (ingest)'],
    ['--seed <number>', 'makes the same texts again'],
    ['--database-url <url>', 'a server of yours that lets databases be made, instead of the built-in one'],
    ['--skip-build', 'measures what is built, although the sources may be newer'],
    ['--quick', 'a run of seconds that shows that it works'],
  ];
  const lines = [...sizes, ...others].map(([flag, about]) => `  ${flag.padEnd(24)}${about}\n`);
  return `npm run bench -- [${NAMES.join('|')}|all] [options]\n\n${lines.join('')}`;
}
