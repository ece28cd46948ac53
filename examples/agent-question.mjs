// One agent asks another, who may be in another process, and waits for the answer.
//
// Who is to answer is said by the collector's query API: `GET /api/v1/conversations`. A collector that
// has no such thing leaves the answer `unavailable` after a minute, and the developer decides alone.
import { agent, ask, generation, init, onQuestion } from 'spanledger';

init({ serviceName: 'team' });

// The lead answers what is routed to its role. In a service of its own this is the whole program.
const lead = onQuestion(
  'tech_lead',
  (question) => {
    question.acknowledge('One moment.');
    return agent({ name: 'lead', input: question.text }, () => chat(question.text));
  },
  { responderId: 'lead-1' },
);

const decision = await agent({ name: 'developer', input: 'Store the orders.' }, async () => {
  const question = ask('Which database do we use?', {
    type: 'architecture',
    askerId: 'developer-1',
    askerRole: 'developer',
  });
  const { state, text, reason } = await question.answer({ timeoutMillis: 5 * 60_000 });
  return state === 'answered' ? `We use it as told: ${text}` : `I decide alone (${reason}): SQLite.`;
});
console.log(decision);

await lead.stop(); // listens no more, and so the process can end

function chat(input) {
  return generation({ model: 'gpt-4o', provider: 'openai', input }, async (call) => {
    const { text, usage } = await askModel();
    call.setUsage(usage);
    return text;
  });
}

/** Stands for the provider: put your call here. */
async function askModel() {
  return { text: 'Postgres.', usage: { inputTokens: 30, outputTokens: 3 } };
}
