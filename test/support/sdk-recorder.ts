import type { Attributes } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { InitOptions } from '../../src/config/options.js';
import { init } from '../../src/setup/init.js';
import type { Spanledger } from '../../src/setup/handle.js';

/** The SDK in this process, with what it sends in hand. */
export interface Recorder {
  handle: Spanledger;
  /** All spans that have ended, in the order of their end, after a flush. */
  spans(): Promise<ReadableSpan[]>;
  /** The one span of a name; throws where there is none or more than one. */
  span(name: string): Promise<ReadableSpan>;
  stop(): Promise<void>;
}

/** Starts the SDK as an application would, but with an exporter that keeps what it is given. */
export function startRecorder(options: InitOptions = {}): Recorder {
  const exporter = new InMemorySpanExporter();
  const handle = init({ exporter, pending: false, exitGuard: false, ...options });
  const spans = async () => {
    await handle.flush({ throwOnError: true });
    return [...exporter.getFinishedSpans()];
  };
  return {
    handle,
    spans,
    async span(name) {
      const all = await spans();
      const found = all.filter((span) => span.name === name);
      if (found[0] === undefined || found.length > 1) {
        throw new Error(`${found.length} spans are called ${name}: ${all.map((one) => one.name).join(', ')}`);
      }
      return found[0];
    },
    stop: () => handle.shutdown(),
  };
}

/** The JSON in an attribute. */
export function readJsonAttribute(span: { attributes: Attributes }, name: string): unknown {
  const text = span.attributes[name];
  if (typeof text !== 'string') throw new Error(`${name} is ${String(text)}`);
  return JSON.parse(text) as unknown;
}
