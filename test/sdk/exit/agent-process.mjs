// An agent with ten spans, four of them open, that ends as ENDING says. Without SPANLEDGER=on it does the same bare.
const { ENDING, ENDPOINT, SPOOL, SPANLEDGER, HANDLERS = '' } = process.env;
const timeoutMillis = Number(process.env.TIMEOUT ?? 5_000);

// Ends itself with code 7 when it has had SIGTERM and SIGUSR2, in any order.
let missing = 2;
const finish = () => {
  missing -= 1;
  if (missing === 0) process.exit(7);
};
if (HANDLERS.includes('own')) process.on('SIGUSR2', finish);
if (HANDLERS.includes('own-before')) process.once('SIGTERM', finish);
await (SPANLEDGER === 'on' ? startSpans() : new Promise((resolve) => setTimeout(resolve)));
if (HANDLERS.includes('own-after')) process.on('SIGTERM', finish);
// What signal-exit 4 does: it ends the process only where nobody else listens.
if (HANDLERS.includes('courteous')) {
  const listener = () => {
    if (process.listeners('SIGTERM').length !== 1) return;
    process.off('SIGTERM', listener);
    console.log('cleaned up');
    process.kill(process.pid, 'SIGTERM');
  };
  process.on('SIGTERM', listener);
}
if (HANDLERS.includes('survive-errors')) process.on('uncaughtException', () => {});
if (HANDLERS.includes('survive-rejections')) process.on('unhandledRejection', () => {});

if (ENDING === 'end') process.exitCode = 3;
if (ENDING === 'unsettled') await new Promise(() => {});
if (ENDING === 'exit') process.exit(5);
if (ENDING === 'exit-well') process.exit(0);
if (ENDING === 'throw' || ENDING === 'both') {
  setTimeout(() => {
    throw new TypeError('the plan has no steps');
  });
}
if (ENDING === 'reject') void Promise.reject(new RangeError('too many steps'));
if (ENDING === 'reject-value') void Promise.reject('no reason');
if (ENDING === 'signal') {
  setInterval(() => {}, 1_000);
  console.log('ready');
}

async function startSpans() {
  const { context, trace } = await import('@opentelemetry/api');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const { BasicTracerProvider } = await import('@opentelemetry/sdk-trace-base');
  const { guardExit } = await import('./src/exit/exit-guard.js');
  const { listSpoolFolders } = await import('./src/exit/spool-folder.js');
  const { startSpoolSender } = await import('./src/exit/spool-sender.js');
  const { Spool } = await import('./src/exit/spool.js');
  const { UnsentSpans } = await import('./src/exit/unsent-spans.js');
  const { createPipeline } = await import('./src/pipeline/pipeline.js');
  const { createSpanTransform } = await import('./src/pipeline/span-transform.js');

  const url = `${ENDPOINT}/v1/traces`;
  const exporter = new OTLPTraceExporter({
    url,
    timeoutMillis: Number(process.env.EXPORT_TIMEOUT ?? 20_000),
  });
  const unsent = new UnsentSpans();
  const transform = createSpanTransform({});
  const pipeline = createPipeline({
    exporter,
    transform,
    pending: false,
    watch: unsent,
    batch: { scheduledDelayMillis: 600_000 },
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'planner' }),
    spanProcessors: [pipeline],
  });
  const spool = new Spool({ folders: listSpoolFolders({ endpoint: url, serviceName: 'planner' }, SPOOL) });
  startSpoolSender({ spool, exporter });
  guardExit({ flush: () => pipeline.forceFlush(), unsent, transform, spool, timeoutMillis });
  if (ENDING === 'nothing') return;

  const tracer = provider.getTracer('agent', '1.0.0');
  const start = (name, parent) =>
    tracer.startSpan(name, {}, parent ? trace.setSpan(context.active(), parent) : context.active());
  const root = start('agent');
  const open = [start('open 1', root), start('open 2', root)];
  start('open 3', open[0]).setAttribute(
    'note',
    'the key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH',
  );
  for (let number = 1; number <= 6; number++) start(`done ${number}`, open[1]).end();
}
