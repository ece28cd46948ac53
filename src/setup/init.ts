import { diag, DiagConsoleLogger, trace, type TracerProvider } from '@opentelemetry/api';
import { diagLogLevelFromString } from '@opentelemetry/core';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { InitOptions } from '../config/options.js';
import { readSettings, type Settings } from '../config/settings.js';
import { addSpanProcessor, findRegisteredProvider } from './foreign-provider.js';
import { ensureContextManager, ensurePropagators } from './globals.js';
import type { Spanledger } from './handle.js';
import { createPipelines, type Pipelines } from './pipelines.js';
import { createProvider } from './provider.js';
import { createHandle, type Running } from './running.js';
import { state } from './state.js';
import { SCOPE } from './tracer.js';
import { hasDiagLogger, warn } from './warn.js';

/**
 * Starts recording: `init()` is enough. Spans go to `http://localhost:4318` unless options or the `OTEL_*` variables
 * say otherwise. What is wrong in variables, URLs and names is said in one warning and ignored; of other options the types
 * are the check, and a start that fails for them says so and records nothing.
 *
 * Where nobody registered a tracer provider, one is made and registered, with a context manager and propagators. Where
 * somebody did (NodeSDK, `@vercel/otel`, another vendor), it stays: our processor is added to it, so that both see all
 * spans; start it before. Where it can't be added to, a warning says what to do, and our own operations are sent all the same.
 *
 * Never throws. A second call gives the handle of the first, whatever its options.
 */
export function init(options: InitOptions = {}): Spanledger {
  if (state.handle !== undefined) return state.handle;
  let handle: Spanledger;
  // While a test collects, another handle is in force than the one that is shut down.
  const onShutdown = () => {
    if (state.handle === handle) deactivate();
  };
  try {
    handle = createHandle(start(options), onShutdown);
  } catch (error) {
    warn(`nothing is recorded, the start failed: ${String(error)}`);
    handle = createHandle(undefined, onShutdown);
  }
  state.handle = handle;
  return handle;
}

/**
 * A processor to put into the list of a provider that you make yourself: `new NodeSDK({ spanProcessors: [spanledgerSpanProcessor()] })`,
 * or the same of `registerOTel` of `@vercel/otel` (beside `'auto'`). It sends all spans of that provider; operations of
 * this SDK become spans of it. `init` is not needed beside it, and gives the handle to `flush` if it is called. Never throws.
 *
 * The provider's own resource and sampler are in force, so `serviceName`, `sampler` and the like say nothing here.
 */
export function spanledgerSpanProcessor(options: InitOptions = {}): SpanProcessor {
  let settings: Settings;
  let pipelines: Pipelines;
  try {
    settings = prepare(options);
    pipelines = createPipelines(settings, options);
  } catch (error) {
    warn(`nothing is recorded, the start failed: ${String(error)}`);
    return NO_PROCESSOR;
  }
  const processor = joinProcessors(pipelines, () => {
    if (!state.lentProcessors.includes(processor)) return;
    state.lentProcessors = state.lentProcessors.filter((one) => one !== processor);
    if (state.lentProcessors.length === 0) deactivate();
  });
  if (pipelines.spanProcessors.length === 0) return processor;
  state.lentProcessors.push(processor);
  activate(trace, settings);
  return processor;
}

function start(options: InitOptions): Running | undefined {
  if (state.lentProcessors.length > 0) return runLent(state.lentProcessors);
  const settings = prepare(options);
  ensurePropagators(settings.propagators);
  if (settings.isDisabled) return undefined;
  const others = [...(options.spanProcessors ?? [])];
  const pipelines = createPipelines(settings, options);
  if (pipelines.spanProcessors.length + others.length === 0) return undefined;
  ensureContextManager();
  const registered = findRegisteredProvider();
  const running = registered && runBeside(registered, pipelines, settings);
  return (
    running ?? runAlone({ settings, options, pipelines, others, isRegistered: registered === undefined })
  );
}

/** Reads settings and says what is wrong in them; the log level first, so that it can be heard. */
function prepare(options: InitOptions): Settings {
  const level = process.env['OTEL_LOG_LEVEL'];
  if (level !== undefined && level.trim() !== '' && !hasDiagLogger()) {
    const logLevel = diagLogLevelFromString(level.trim());
    if (logLevel !== undefined) diag.setLogger(new DiagConsoleLogger(), { logLevel });
  }
  const { settings, problems } = readSettings(options);
  if (problems.length > 0) warn(`some settings are ignored:\n  ${problems.join('\n  ')}`);
  return settings;
}

/** A provider of our own, registered for the process unless somebody else's is. */
function runAlone({
  settings,
  options,
  pipelines,
  others,
  isRegistered,
}: {
  settings: Settings;
  options: InitOptions;
  pipelines: Pipelines;
  others: SpanProcessor[];
  isRegistered: boolean;
}): Running {
  const spanProcessors = [...pipelines.spanProcessors, ...others];
  const provider = createProvider(settings, [...spanProcessors], options.sampler);
  if (isRegistered) trace.setGlobalTracerProvider(provider);
  activate(provider, settings);
  return {
    spanProcessors,
    destination: pipelines.destination,
    flush: () => provider.forceFlush(),
    stop: async () => {
      if (findRegisteredProvider() === provider) trace.disable();
      await provider.shutdown().finally(pipelines.release);
    },
  };
}

/** Our processors in a provider that somebody else registered; undefined where it does not take them. */
function runBeside(provider: TracerProvider, pipelines: Pipelines, settings: Settings): Running | undefined {
  const removals = pipelines.spanProcessors.map((processor) => addSpanProcessor(provider, processor));
  if (removals.includes(undefined)) {
    warn(
      `a tracer provider is registered that nothing can be added to (${provider.constructor.name}). Add ` +
        'spanledgerSpanProcessor() to the spanProcessors that it is made with (OpenTelemetry SDK 2.x). Until then, only ' +
        "Spanledger's own operations are sent, without the spans of other instrumentation around them.",
    );
    return undefined;
  }
  activate(provider, settings);
  const { spanProcessors, destination } = pipelines;
  return {
    spanProcessors,
    destination,
    flush: () => Promise.all(spanProcessors.map((processor) => processor.forceFlush())),
    stop: async () => {
      for (const remove of removals) remove?.();
      await Promise.all(spanProcessors.map((processor) => processor.shutdown())).finally(pipelines.release);
    },
  };
}

/** Processors that the application put into its own provider: it shuts them down with it. */
function runLent(processors: readonly SpanProcessor[]): Running {
  const flush = () => Promise.all(processors.map((processor) => processor.forceFlush()));
  return {
    spanProcessors: [...processors],
    flush,
    stop: async () => {
      await flush();
    },
  };
}

function activate(provider: Pick<TracerProvider, 'getTracer'>, { capture, api }: Settings): void {
  state.api = api;
  state.isContentCaptured = capture === 'all' || (typeof capture === 'object' && capture.spans === 'all');
  state.tracer = provider.getTracer(SCOPE.name, SCOPE.version);
}

function deactivate(): void {
  state.tracer = undefined;
  state.api = undefined;
  state.handle = undefined;
}

const NO_PROCESSOR: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

function joinProcessors({ spanProcessors, release }: Pipelines, onShutdown: () => void): SpanProcessor {
  return {
    onStart(span, parentContext) {
      for (const processor of spanProcessors) processor.onStart(span, parentContext);
    },
    onEnd(span) {
      for (const processor of spanProcessors) processor.onEnd(span);
    },
    async forceFlush() {
      await Promise.all(spanProcessors.map((processor) => processor.forceFlush()));
    },
    async shutdown() {
      onShutdown();
      await Promise.all(spanProcessors.map((processor) => processor.shutdown())).finally(release);
    },
  };
}
