// An agent as a user writes it. Ends as ENDING says; with `nothing` it only starts.
import { agent, generation, init, tool } from './src/index.js';

const { ENDING } = process.env;
const spanledger = init({ serviceName: 'planner' });

async function run() {
  await agent('planner', async () => {
    await generation({ model: 'gpt-5', provider: 'openai' }, () => Promise.resolve('a plan'));
    await tool('look up', async () => {
      if (ENDING === 'exit') process.exit(5);
      if (ENDING === 'reject') throw new TypeError('no such page');
    });
  });
}

if (ENDING === 'abandon') void agent('planner', () => new Promise(() => undefined));
else if (ENDING !== 'nothing') await run();
if (ENDING === 'shutdown') await spanledger.shutdown({ timeoutMillis: 1_000 });
