import type { Command } from 'commander';
import { routes } from '../../contract/routes.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import { requireUuid } from '../find-id.js';
import type { Io } from '../io.js';
import { endPage } from '../page-end.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderPriceTable, renderQuote, renderUnpricedTable } from '../render/price-table.js';
import { addPricesRecomputeCommand } from './prices-recompute.js';
import { addPricesSetCommand } from './prices-set.js';

export function addPricesCommand(program: Command, io: Io): void {
  const prices = program.command('prices').description('what models cost, and your own prices');
  addShowCommand(prices, io);
  addListCommand(prices, io);
  addPricesSetCommand(prices, io);
  addRemoveCommand(prices, io);
  addMissingCommand(prices, io);
  addPricesRecomputeCommand(prices, io);
}

const SHOW_EXAMPLES = `
Examples:
  spanledger prices show claude-sonnet-4-5-20250929
  spanledger prices show us.anthropic.claude-sonnet-4-5-20250929-v1:0 --provider aws.bedrock
  spanledger prices show gpt-5 --input-tokens 12000 --cached-input-tokens 10000 --output-tokens 800 --at 2026-01-31T00:00:00Z`;

function addShowCommand(prices: Command, io: Io): void {
  const command = prices
    .command('show')
    .description('say what a call costs (1,000 tokens in and out unless told), by which price, on which path')
    .argument('<model>', 'the model, as a sender would name it')
    .addHelpText('after', SHOW_EXAMPLES);
  addQueryOptions(addConnectionOptions(command), routes.prices.quote, ['model']);
  command.action(async (model: string, options: ConnectionOptions) => {
    const query = readQueryOptions(command, routes.prices.quote, { model });
    present(await connect(options, io).client.prices.quote(query), options, io, renderQuote);
  });
}

function addListCommand(prices: Command, io: Io): void {
  const command = prices
    .command('list', { isDefault: true })
    .description('list your own prices; the price library knows many more models')
    .addHelpText('after', '\nExample:\n  spanledger prices list --provider openai');
  addQueryOptions(addConnectionOptions(command), routes.prices.list).action(
    async (options: ConnectionOptions) => {
      const query = readQueryOptions(command, routes.prices.list);
      const page = await connect(options, io).client.prices.list(query);
      present(page, options, io, ({ data, next_cursor: cursor }, canvas) =>
        data.length === 0
          ? 'No prices of your own; models are priced by the library. spanledger prices set adds one.'
          : renderPriceTable(data, canvas) + endPage(cursor, canvas),
      );
    },
  );
}

function addRemoveCommand(prices: Command, io: Io): void {
  const command = prices
    .command('rm')
    .description('delete one of your own prices')
    .argument('<id>', 'id of the price, as prices list shows it');
  addConnectionOptions(command).action(async (id: string, options: ConnectionOptions) => {
    const priceId = requireUuid(id, 'price', 'prices list');
    const removed = await connect(options, io).client.prices.remove({ price_id: priceId });
    present(removed, options, io, (price) => `Deleted the price for ${price.pattern}.`);
  });
}

function addMissingCommand(prices: Command, io: Io): void {
  const command = prices
    .command('missing')
    .description('list models whose calls of the last 30 days (or --from) could not be priced, and why')
    .addHelpText('after', '\nExample:\n  spanledger prices missing --from 7d');
  addQueryOptions(addConnectionOptions(command), routes.prices.missing).action(
    async (options: ConnectionOptions) => {
      const query = readQueryOptions(command, routes.prices.missing);
      const page = await connect(options, io).client.prices.missing(query);
      present(page, options, io, ({ data, next_cursor: cursor }, canvas) =>
        data.length === 0
          ? 'Every call has a price.'
          : renderUnpricedTable(data, canvas) + endPage(cursor, canvas),
      );
    },
  );
}
