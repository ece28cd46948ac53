const TRACE_ID = /^(?!0{32}$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16}$)[0-9a-f]{16}$/;

/** Lower-case hex of 16 bytes that are not all zero (trace.proto); null for anything else. */
export function readTraceId(hex: string): string | null {
  return TRACE_ID.test(hex) ? hex : null;
}

/** Lower-case hex of 8 bytes that are not all zero (trace.proto); null for anything else. */
export function readSpanId(hex: string): string | null {
  return SPAN_ID.test(hex) ? hex : null;
}
