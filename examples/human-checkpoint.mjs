// An agent that writes something and publishes it only when a person has approved.
//
// The decision is read from the collector's query API: `GET /api/v1/checkpoints?key=…`. A collector that has no
// such thing leaves the decision `unavailable` after a minute, and nothing is published.
import { agent, checkpoint, generation, init, storeArtifact, tool } from 'spanledger';

init({ serviceName: 'newsroom' });

const request = 'Announce version 1.0.';
const outcome = await agent({ name: 'writer', input: request }, async () => {
  const text = await write(request);
  const draft = storeArtifact({
    type: 'content_draft',
    title: 'Announcement',
    content: text,
    confidence: 0.8,
  });
  // By its key, a writer that was restarted meanwhile finds the decision, and nobody is asked twice.
  const decision = await checkpoint({
    key: 'publish version 1.0',
    reason: 'The text goes to all customers.',
    risk: 'high',
    artifacts: [draft],
    timeoutMillis: 24 * 60 * 60 * 1_000,
  });
  if (!decision.isApproved)
    return `not published: ${decision.feedback ?? decision.reason ?? decision.status}`;
  const final = await write(`${text} A reviewer asks: ${decision.feedback ?? 'nothing'}`);
  return tool({ name: 'publish', input: { text: final } }, async () => `published: ${final}`);
});
console.log(outcome);

function write(input) {
  return generation({ model: 'gpt-4o', provider: 'openai', input }, async (call) => {
    const { text, usage } = await askModel(input);
    call.setUsage(usage);
    return text;
  });
}

/** Stands for the provider: put your call here. */
async function askModel(input) {
  const isRevision = input.includes('A reviewer asks');
  return {
    text: isRevision ? 'Version 1.0 is here.' : 'We are proud to say that version 1.0 is here.',
    usage: isRevision ? { inputTokens: 70, outputTokens: 8 } : { inputTokens: 40, outputTokens: 14 },
  };
}
