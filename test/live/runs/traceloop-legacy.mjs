import * as anthropicModule from 'anthropic-sdk-0';
import OpenAI from 'openai';
import { AnthropicInstrumentation } from 'traceloop-instrumentation-anthropic-legacy';
import { OpenAIInstrumentation } from 'traceloop-instrumentation-openai-legacy';
import { askWithTool, embed, failCall, functionTool } from '../chat-steps.mjs';
import { thinkWithTool } from '../message-steps.mjs';
import { MODEL_URL, startTracing } from '../tracing.mjs';

const provider = startTracing('claims-service-legacy');
const openaiInstrumentation = new OpenAIInstrumentation({ enrichTokens: false });
openaiInstrumentation.setTracerProvider(provider);
openaiInstrumentation.manuallyInstrument(OpenAI);
const anthropicInstrumentation = new AnthropicInstrumentation();
anthropicInstrumentation.setTracerProvider(provider);
anthropicInstrumentation.manuallyInstrument(anthropicModule);

const openai = new OpenAI({ apiKey: 'test', baseURL: `${MODEL_URL}/v1`, maxRetries: 0 });
const anthropic = new anthropicModule.Anthropic({ apiKey: 'test', baseURL: MODEL_URL, maxRetries: 0 });
const getClaim = ({ claim }) => Promise.resolve({ claim, state: 'open' });

await askWithTool(openai, {
  system: 'You handle claims.',
  question: 'What is the state of claim 9?',
  tool: functionTool('get_claim', 'State of a claim', 'claim'),
  execute: getClaim,
});
await embed(openai, ['claim 9']);
await thinkWithTool(anthropic, getClaim);
await failCall(openai);
await provider.forceFlush();
await provider.shutdown();
