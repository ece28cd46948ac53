/** Words of the GenAI conventions (`gen_ai.response.finish_reasons`) by those that SDKs and providers use. */
const FINISH_REASONS: ReadonlyMap<string, string> = new Map([
  ['stop', 'stop'],
  ['end_turn', 'stop'],
  ['endturn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_call', 'tool_call'],
  ['tool_calls', 'tool_call'],
  ['tool-calls', 'tool_call'],
  ['tool_use', 'tool_call'],
  ['tooluse', 'tool_call'],
  ['function_call', 'tool_call'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['maxtokens', 'length'],
  ['max_output_tokens', 'length'],
  ['content_filter', 'content_filter'],
  ['content-filter', 'content_filter'],
]);

/** `stop`, `tool_call`, `length` or `content_filter` where the word is known, else the word as sent. */
export function normalizeFinishReason(reason: string): string {
  return FINISH_REASONS.get(reason.toLowerCase()) ?? reason;
}
