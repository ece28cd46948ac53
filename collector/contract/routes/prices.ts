import { z } from 'zod';
import { pageOf } from '../answers.js';
import { operations } from '../operations.js';
import { pageQuery, textParameter, timeFilter, timeQuery, UuidParameter } from '../parameters.js';
import { Price, PriceInput, PriceQuote, UnpricedModel } from '../price-shapes.js';
import { Rerun, RerunInput } from '../rerun-shapes.js';
import { defineRoute } from '../route.js';

const tag = 'Prices';
const params = z.strictObject({ price_id: UuidParameter.describe('Id of the price: a UUID.') });

const SAID = 'must be a whole number, 0 or more';
const tokens = (what: string) => z.int(SAID).min(0, SAID).describe(what).optional();

const PARTS_OF_INPUT = [
  'cached_input_tokens',
  'cache_write_tokens',
  'input_audio_tokens',
  'input_image_tokens',
];
const PARTS_OF_OUTPUT = ['reasoning_tokens', 'output_audio_tokens', 'output_image_tokens'];

/** A part can't be more than the whole: it would be cut in silence. */
function refuseImpossibleCounts(counts: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const read = (name: string) => (typeof counts[name] === 'number' ? counts[name] : 0);
  const refuse = (name: string, message: string) => {
    context.addIssue({ code: 'custom', path: [name], message });
  };
  for (const [whole, parts] of [
    ['input_tokens', PARTS_OF_INPUT],
    ['output_tokens', PARTS_OF_OUTPUT],
    ['cache_write_tokens', ['cache_write_5m_tokens', 'cache_write_1h_tokens']],
  ] as const) {
    for (const part of parts) {
      if (read(part) > read(whole)) refuse(part, `must not be more than ${whole}, of which it is a part`);
    }
  }
  if (read('cached_input_tokens') + read('cache_write_tokens') > read('input_tokens'))
    refuse('cache_write_tokens', 'and cached_input_tokens together must not be more than input_tokens');
}

export const prices = {
  list: defineRoute(operations.prices.list, {
    tag,
    summary: "List the project's own prices",
    description: 'By pattern. They win over the price library.',
    query: z.strictObject({
      pattern: textParameter('Only prices with this pattern.').optional(),
      provider: textParameter('Only prices for this provider.').optional(),
      ...pageQuery,
    }),
    response: pageOf(Price),
  }),
  create: defineRoute(operations.prices.create, {
    tag,
    summary: 'Add a price',
    description:
      'Holds for calls that come in from now on, whenever they were made; `recompute` applies it to those that are stored.',
    body: PriceInput,
    response: Price,
    status: 201,
  }),
  quote: defineRoute(operations.prices.quote, {
    tag,
    summary: 'Ask what a call would cost',
    description:
      'By which price, on which path the model was matched, and how much for each class of tokens. Without any count, 1,000 tokens in and 1,000 out.',
    query: z
      .strictObject({
        model: textParameter("The model's name, as a sender would write it."),
        provider: textParameter('Model provider.').optional(),
        at: timeFilter('When the call was made: RFC 3339, or relative to now. Now by default.').optional(),
        input_tokens: tokens('All input tokens, cached ones inside.'),
        output_tokens: tokens('All output tokens, reasoning inside.'),
        cached_input_tokens: tokens('Of the input, read from a cache.'),
        cache_write_tokens: tokens('Of the input, written to a cache.'),
        cache_write_5m_tokens: tokens('Of those, kept for 5 minutes.'),
        cache_write_1h_tokens: tokens('Of those, kept for 1 hour.'),
        input_audio_tokens: tokens('Of the input, audio.'),
        input_image_tokens: tokens('Of the input, images.'),
        reasoning_tokens: tokens('Of the output, reasoning.'),
        output_audio_tokens: tokens('Of the output, audio.'),
        output_image_tokens: tokens('Of the output, images.'),
        service_tier: textParameter('Service tier, such as `batch` or `flex`.').optional(),
        server_address: textParameter(
          'Address of the server; a model on this machine costs nothing.',
        ).optional(),
      })
      .superRefine(refuseImpossibleCounts),
    response: PriceQuote,
  }),
  missing: defineRoute(operations.prices.missing, {
    tag,
    summary: 'List models without a price',
    description:
      'What could not be priced and why, most calls first; without `from`, of the last 30 days. A call that several spans or log records tell of is listed where its usage is counted; for that the newest 200 traces and sessions in doubt are looked at.',
    query: z.strictObject({ ...timeQuery, ...pageQuery }),
    response: pageOf(UnpricedModel),
  }),
  recompute: defineRoute(operations.prices.recompute, {
    tag,
    summary: 'Price anew what is stored',
    description:
      'Starts a rerun that prices the calls of a time range by the prices of now for their own time. What a sender reported stays. With `dry_run` nothing is changed, and the rerun says what would be.',
    body: RerunInput,
    response: Rerun,
    status: 202,
  }),
  get: defineRoute(operations.prices.get, {
    tag,
    summary: 'Show a price',
    description: "One of the project's own prices.",
    params,
    response: Price,
  }),
  replace: defineRoute(operations.prices.replace, {
    tag,
    summary: 'Replace a price',
    description: 'What is left out becomes its default, not what it was.',
    params,
    body: PriceInput,
    response: Price,
  }),
  remove: defineRoute(operations.prices.remove, {
    tag,
    summary: 'Delete a price',
    description: 'Answers what was deleted. Calls that were priced by it keep their cost until `recompute`.',
    params,
    response: Price,
  }),
};
