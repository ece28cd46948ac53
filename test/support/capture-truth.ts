/** What `expected.json` of a capture says; the README of the captures explains the keys. */
export interface Truth {
  spans: number;
  /** Of the spans, copies that the final ones replace. */
  pending_spans?: number;
  traces: number;
  agents: string[];
  models: string[];
  tools: string[];
  errors: number;
  naive_input_tokens: number;
  input_contains?: string;
  output_contains?: string;
  thinking_contains?: string;
  dialect: string;
  cost?: number;
  conversation_id?: string | null;
  session_id?: string | null;
  user_id?: string | null;
  observable: {
    llm_calls: number;
    failed_calls: number;
    input_tokens: number;
    output_tokens: number;
    cached_input_tokens: number;
    cache_creation_tokens: number;
    reasoning_tokens: number;
    errors?: number;
    session_id?: string | null;
    user_id?: string | null;
  };
}

/** What the bodies of a capture show otherwise than it was, where its `observable` does not say so. */
export const SHOWN_OTHERWISE: Partial<Record<string, Partial<Pick<Truth, 'models' | 'tools'>>>> = {
  // Of a streamed call the SDK names the requested model; `rerank-1` is the generation that was made by hand.
  'langfuse-observe-openai': { models: ['gpt-4o-mini-2024-07-18', 'gpt-4o-mini', 'rerank-1'] },
  // The tool that threw, `notify`, leaves no span.
  'traceloop-openai-workflow': { tools: ['get_claim'] },
};
