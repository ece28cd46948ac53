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
