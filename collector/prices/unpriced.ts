/**
 * Why a call has no price. The words are part of `price_ref` (`unpriced:<reason>`) and of docs/prices.md, whose table
 * is rendered from here.
 */
export const UNPRICED_REASONS = {
  no_usage: {
    when: 'Neither input nor output tokens are known.',
    remedy: 'Let the instrumentation record token counts.',
  },
  no_model: {
    when: 'No model name was sent.',
    remedy: 'Let the instrumentation record the model.',
  },
  unknown_model: {
    when: 'No price list has the model, or the name does not tell whose model it is.',
    remedy: 'Add a price for it.',
  },
  not_in_list: {
    when: "The provider is known, but its price list does not have the model, and nobody else's price would be right.",
    remedy: 'Add a price for it.',
  },
  ambiguous: {
    when: 'The name fits several models or price lists equally well.',
    remedy: "Send the provider's name, or add a price for it.",
  },
  azure_deployment: {
    when: 'On Azure the name is that of a deployment, which is free text, and it equals no model.',
    remedy: 'Send the response model, or add a price for the deployment.',
  },
  opaque_profile: {
    when: 'The name is a cloud resource that hides its model, such as an application inference profile of Bedrock.',
    remedy: 'Send the response model, or add a price for the resource.',
  },
  fine_tuned: {
    when: 'The model is fine-tuned, and the price list has no rate for it.',
    remedy: 'Add a price for it, such as for `ft:gpt-4o-mini:*`.',
  },
  variant: {
    when: 'The name asks for a variant with a price of its own (`:free`, `:extended`, `:batch`) that is not in the list.',
    remedy: 'Add a price for it.',
  },
  service_tier: {
    when: 'The call ran in another service tier than the standard one (`batch`, `flex`, `priority`), and no price names it.',
    remedy: 'Add a price with a tier of that name.',
  },
  no_token_rate: {
    when: "The list has no rate per token (billed by hour, page or request), or the project's price none for some tokens.",
    remedy: 'Add a price with the rates that are missing.',
  },
} as const satisfies Record<string, { when: string; remedy: string }>;

/** What helps against a reason; empty for one of a later version. */
export function adviseUnpriced(reason: string): string {
  return Object.hasOwn(UNPRICED_REASONS, reason) ? UNPRICED_REASONS[reason as UnpricedReason].remedy : '';
}

export type UnpricedReason = keyof typeof UNPRICED_REASONS;

/** The table of docs/prices.md, with columns as wide as prettier makes them. */
export function renderUnpricedReasons(): string {
  const rows = Object.entries(UNPRICED_REASONS).map(([reason, { when, remedy }]) => [
    `\`${reason}\``,
    when,
    remedy,
  ]);
  const table = [['reason', 'when', 'what helps'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const lines = table.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  lines.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  );
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
