/** The captures whose dialect this version understands, and the one without any AI. */
export const UNDERSTOOD_CAPTURES = [
  'mastra-agent-tools',
  'openai-agents-handoff',
  'openinference-anthropic',
  'openinference-langgraph-agent',
  'openinference-openai-agent',
  'otel-contrib-openai-events',
  'plain-http-service',
  'strands-agent',
  'vercel-ai-v5-tools-multistep',
  'vercel-ai-v6-long-trace',
  'vercel-ai-v6-subagent-anthropic',
  'vercel-ai-v7-legacy-stream-subagent',
  'vercel-ai-v7-tools-genai',
];

/** What `expected.json` of such a capture says; the README of the captures explains the keys. */
export interface Truth {
  spans: number;
  traces: number;
  agents: string[];
  models: string[];
  tools: string[];
  errors: number;
  naive_input_tokens: number;
  input_contains?: string;
  output_contains?: string;
  thinking_contains?: string;
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
