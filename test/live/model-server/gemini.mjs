// generateContent as Gemini answers it (@google/genai@2.32.0). Its candidate count leaves the thoughts out.

export function renderGeminiContent(answer, call) {
  const { input = 0, output = 0, cached = 0, reasoning = 0 } = answer.usage ?? {};
  const parts = [];
  if (answer.thinking !== undefined) parts.push({ text: answer.thinking, thought: true });
  for (const tool of answer.tool_calls ?? [])
    parts.push({ functionCall: { id: `fc-${call.number}`, name: tool.name, args: tool.arguments } });
  if (answer.text !== undefined) parts.push({ text: answer.text });
  const usageMetadata = {
    promptTokenCount: input,
    candidatesTokenCount: output - reasoning,
    totalTokenCount: input + output,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    ...(reasoning > 0 && { thoughtsTokenCount: reasoning }),
  };
  const whole = {
    candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }],
    usageMetadata,
    modelVersion: answer.model ?? call.model,
    responseId: `gen-${call.number}`,
  };
  if (!call.stream) return whole;
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    const candidate = { index: 0, content: { role: 'model', parts: [part] } };
    return {
      data: {
        ...whole,
        candidates: [isLast ? { ...candidate, finishReason: 'STOP' } : candidate],
        usageMetadata: isLast ? usageMetadata : { promptTokenCount: input, totalTokenCount: input },
      },
    };
  });
}

/** Gemini gives no usage for an embedding. */
export function renderGeminiEmbedding() {
  return { embedding: { values: [0.25, -0.5, 0.125] } };
}
