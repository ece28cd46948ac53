// Another vendor's span processor beside Spanledger: both get all spans, each in its own way.
import { agent, generation, init } from 'spanledger';

/** Stands for the processor that the vendor's package has, such as `new LangfuseSpanProcessor()`. */
class VendorSpanProcessor {
  onStart() {}

  onEnd(span) {
    console.log(`vendor: ${span.name} ${span.attributes['gen_ai.input.messages']}`);
  }

  async forceFlush() {}

  async shutdown() {
    console.log('vendor: shut down');
  }
}

// Where the vendor registers a provider of its own, let it, and call `init()` after it: see beside-node-sdk.mjs.
const spanledger = init({ serviceName: 'assistant', spanProcessors: [new VendorSpanProcessor()] });

await agent({ name: 'assistant', input: 'My key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD.' }, () =>
  generation({ model: 'gpt-4o-mini', provider: 'openai', input: 'Hello' }, async (call) => {
    const { text, usage } = await askModel();
    call.setUsage(usage);
    return text;
  }),
);

await spanledger.shutdown(); // the vendor's processor, too, since it is in our provider

/** Stands for the provider: put your call here. */
async function askModel() {
  return { text: 'Hello, ada.', usage: { inputTokens: 8, outputTokens: 4 } };
}
