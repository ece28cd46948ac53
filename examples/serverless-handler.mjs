// A handler of a serverless platform, which freezes the process as soon as the handler has answered: what was recorded
// is sent before. Where the platform has `waitUntil`, answer first and give it the same promise.
import { fileURLToPath } from 'node:url';
import { agent, generation, init, withRemoteParent } from 'spanledger';

// Once for each process, outside of the handler. The disk does not outlast it, so nothing is kept there for a next start.
const spanledger = init({ serviceName: 'api', spool: false });

/** As AWS Lambda calls it behind a function URL. */
export async function handler(event) {
  try {
    // The caller's trace goes on here, where it sent a `traceparent`.
    const answer = await withRemoteParent(event.headers, () =>
      answerQuestion(JSON.parse(event.body).question),
    );
    return { statusCode: 200, body: JSON.stringify({ answer }) };
  } finally {
    await spanledger.flush({ timeoutMillis: 2_000 }); // never rejects; with `waitUntil`: waitUntil(spanledger.flush())
  }
}

function answerQuestion(question) {
  return agent({ name: 'answerer', input: question }, () =>
    generation({ model: 'gpt-4o-mini', provider: 'openai', input: question }, async (call) => {
      const { text, usage } = await askModel(question);
      call.setUsage(usage);
      return text;
    }),
  );
}

/** Stands for the provider: put your call here. */
async function askModel(question) {
  return { text: `You asked: ${question}`, usage: { inputTokens: 12, outputTokens: 6 } };
}

// Stands for the platform, to try it with `node`; leave it out when you deploy.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { body } = await handler({ headers: { traceparent }, body: '{"question":"Who are you?"}' });
  console.log(body);
}
