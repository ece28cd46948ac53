import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Client } from '../../client/client.js';
import { PriceInput, RATE_CLASSES, type Price } from '../../contract/price-shapes.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import { CliFailure, EXIT } from '../failures.js';
import type { Io } from '../io.js';
import { renderPrice } from '../render/price-table.js';
import { parseTimeOption } from '../time-option.js';

type GivenPrice = Parameters<Client['prices']['create']>[0];
type GivenTier = NonNullable<GivenPrice['tiers']>[number];

type SetOptions = ConnectionOptions & {
  provider?: string;
  unit?: GivenPrice['unit'];
  from?: string;
  to?: string;
  note?: string;
  tier?: GivenTier[];
};

const UNITS = ['per_token', 'per_thousand_tokens', 'per_million_tokens'];

const EXAMPLES = `
Examples:
  spanledger prices set my-model --provider openai --input 2.50 --output 10 --cache-read 0.25
  spanledger prices set 'acme-*' --input 0 --output 0 --note 'runs on our machines'
  spanledger prices set big --input 1 --output 4 --tier above=200000,input=2,output=6 --tier service_tier=batch,input=0.5,output=2`;

const HINT =
  'It holds for calls of its time that come in from now on; prices recompute applies it to stored ones.';

export function addPricesSetCommand(prices: Command, io: Io): void {
  const command = prices
    .command('set')
    .description('add a price, or replace the one for the same pattern, provider and time')
    .argument('<pattern>', 'model name; * stands for any text, ? for one character')
    .option('--provider <name>', 'only for this provider');
  for (const name of RATE_CLASSES) {
    command.option(
      `--${name.replaceAll('_', '-')} <usd>`,
      `${name.replaceAll('_', ' ')} tokens, US dollars a unit`,
    );
  }
  command
    .addOption(new Option('--unit <unit>', 'what a rate is for').choices(UNITS).default('per_million_tokens'))
    .option('--from <time>', 'in force from then on: RFC 3339, or a day in UTC', parseTimeOption)
    .option('--to <time>', 'in force until then', parseTimeOption)
    .option('--note <text>', 'where the price is from')
    .option(
      '--tier <tier>',
      'other rates: above=TOKENS or service_tier=NAME, then class=usd, with commas; may be repeated',
      collectTier,
    )
    .addHelpText('after', EXAMPLES);
  addConnectionOptions(command).action(async (pattern: string, options: SetOptions) => {
    const price = readPrice(pattern, options, command);
    const { client } = connect(options, io);
    const same = await findSame(client, price);
    const set =
      same === undefined
        ? await client.prices.create(price)
        : await client.prices.replace({ ...price, price_id: same.id });
    present(
      set,
      options,
      io,
      (shown, canvas) => `${renderPrice(shown, canvas)}\n\n${canvas.paint.dim(HINT)}`,
    );
    for (const warning of warnOfGaps(set)) io.stderr.write(`spanledger: ${warning}\n`);
  });
}

/** What will have no price though a rate was meant to be set. */
function warnOfGaps({ rates }: Price): string[] {
  return (['input', 'output'] as const)
    .filter((side) => rates[side] === undefined)
    .map(
      (side) =>
        `without --${side}, calls with ${side} tokens will have no price; --${side} 0 says that these cost nothing`,
    );
}

/** Checked against the contract before it is sent. Throws a usage failure that names the option at fault. */
function readPrice(pattern: string, options: SetOptions, command: Command): GivenPrice {
  const given = command.opts<Record<string, string | undefined>>();
  const rates = Object.fromEntries(
    RATE_CLASSES.flatMap((name) => {
      const rate = given[name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())];
      return rate === undefined ? [] : [[name, rate]];
    }),
  );
  const price: GivenPrice = {
    pattern,
    provider: options.provider ?? null,
    valid_from: options.from ?? null,
    valid_to: options.to ?? null,
    unit: options.unit,
    rates,
    tiers: options.tier ?? [],
    note: options.note ?? null,
  };
  const [issue] = PriceInput.safeParse(price).error?.issues ?? [];
  if (issue !== undefined) {
    throw new CliFailure(EXIT.usage, describeIssue(issue.path, issue.message));
  }
  return price;
}

/** What the contract says of a price, in the words of the flags: `['rates', 'cache_read']` is `--cache-read`. */
function describeIssue(path: readonly PropertyKey[], message: string): string {
  const [first, second, ...rest] = path.map(String);
  switch (first) {
    case 'pattern':
      return `the pattern ${message}`;
    case 'rates':
      return second === undefined
        ? 'a price must have at least one rate, such as --input 2.5 --output 10'
        : `--${second.replaceAll('_', '-')} ${message}`;
    case 'tiers':
      return `--tier ${describeTierIssue(rest, message)}`;
    case 'valid_to':
      return `--to ${message.replace('valid_from', '--from')}`;
    default:
      return `--${(first ?? '').replace('valid_', '').replaceAll('_', '-')} ${message}`;
  }
}

function describeTierIssue([part, rateClass]: readonly string[], message: string): string {
  if (part === 'rates' && rateClass === undefined) return 'must have at least one rate, such as input=0.5';
  if (part === 'rates') return `${rateClass ?? ''} ${message}`;
  return message.replace(/^must name .*/, 'must name above=TOKENS or service_tier=NAME');
}

async function findSame(client: Client, price: GivenPrice): Promise<Price | undefined> {
  const from = timeOf(price.valid_from);
  const to = timeOf(price.valid_to);
  for await (const known of client.prices.list.rows({ pattern: price.pattern, limit: 500 })) {
    const isSame = known.provider === price.provider && timeOf(known.valid_from) === from;
    if (isSame && timeOf(known.valid_to) === to) return known;
  }
  return undefined;
}

function timeOf(time: string | null | undefined): number | null {
  return time === null || time === undefined ? null : Date.parse(time);
}

const RATE_NAMES: ReadonlySet<string> = new Set(RATE_CLASSES);

function collectTier(text: string, before: GivenTier[] | undefined): GivenTier[] {
  const rates: Record<string, string> = {};
  const tier: GivenTier = { above_input_tokens: null, service_tier: null, rates };
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=', 2).map((side) => side.trim());
    if (name === 'above' && /^\d{1,15}$/.test(value)) tier.above_input_tokens = Number(value);
    else if (name === 'service_tier' && value !== '') tier.service_tier = value;
    else if (RATE_NAMES.has(name) && value !== '') rates[name] = value;
    else
      throw new InvalidArgumentError(
        `It takes ${RATE_CLASSES.join(', ')}, above or service_tier, each with =.`,
      );
  }
  return [...(before ?? []), tier];
}
