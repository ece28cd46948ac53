import type { Tracer } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ApiSettings } from '../config/api.js';
import type { Spanledger } from './handle.js';

/** What the SDK remembers between calls. */
export interface SdkState {
  /** Undefined before `init` and after `shutdown`. */
  tracer: Tracer | undefined;
  /** Whether messages, arguments and results may be recorded at all, so that none is rendered in vain. */
  isContentCaptured: boolean;
  handle: Spanledger | undefined;
  /** The clock of a test, in milliseconds since 1970, in place of the process's own. */
  readMillis: (() => number) | undefined;
  /** Where the query API is asked; undefined before `init` and where nothing says where it is. */
  api: ApiSettings | undefined;
  /** Processors that `spanledgerSpanProcessor` made for somebody else's provider. */
  lentProcessors: SpanProcessor[];
}

const KEY = Symbol.for('spanledger.sdk.1');
const globals = globalThis as { [KEY]?: SdkState | undefined };

/**
 * One state for the process: bundlers and development servers load a module several times, and what one copy
 * initialised the others must see.
 */
export const state: SdkState = (globals[KEY] ??= {
  tracer: undefined,
  isContentCaptured: true,
  handle: undefined,
  readMillis: undefined,
  api: undefined,
  lentProcessors: [],
});
