import type { PriceRow, PriceTier, PriceUnit, Rates } from '../../../model/price.js';
import { cleanText } from '../../../model/ids.js';
import type { JsonValue } from '../../../model/json.js';
import { splitMicros } from '../../../model/time.js';
import type { Queryable, StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { decodeJson, encodeJson } from '../value-codec.js';

const LIST = `
  select id, pattern, provider, valid_from, valid_to, unit, rates, tiers, note from prices
  where project_id = $1 order by pattern collate "C", id`;

const PUT = `
  insert into prices (project_id, id, pattern, provider, valid_from, valid_to, unit, rates, tiers, note)
  values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::jsonb, $10)
  on conflict (project_id, id) do update set pattern = excluded.pattern, provider = excluded.provider,
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, unit = excluded.unit, rates = excluded.rates,
    tiers = excluded.tiers, note = excluded.note, updated_at = now()
  returning id, pattern, provider, valid_from, valid_to, unit, rates, tiers, note`;

/** A project's prices by pattern, then id. Times are kept to the microsecond. */
export async function listPriceRows(database: Queryable, projectId: string): Promise<PriceRow[]> {
  return (await database.query(LIST, [projectId])).rows.map(readPrice);
}

/** Adds or replaces a price; answers with what was stored. */
export async function putPriceRow(
  database: Queryable,
  projectId: string,
  price: PriceRow,
): Promise<PriceRow> {
  const { rows } = await database.query(PUT, [
    projectId,
    price.id,
    cleanText(price.pattern),
    price.provider === null ? null : cleanText(price.provider),
    renderBound(price.validFromUnixNano),
    renderBound(price.validToUnixNano),
    price.unit,
    encodeJson(price.rates),
    encodeJson(price.tiers as unknown as JsonValue),
    price.note === null ? null : cleanText(price.note),
  ]);
  const [stored] = rows.map(readPrice);
  return stored ?? price;
}

export async function deletePriceRow(database: Queryable, projectId: string, id: string): Promise<boolean> {
  const { rows } = await database.query('delete from prices where project_id = $1 and id = $2 returning id', [
    projectId,
    id,
  ]);
  return rows.length > 0;
}

function readPrice(stored: StoredRow): PriceRow {
  const row = new RowReader(stored);
  return {
    id: row.text('id'),
    pattern: row.text('pattern'),
    provider: row.textOrNull('provider'),
    validFromUnixNano: row.isNull('valid_from') ? null : row.unixNano('valid_from'),
    validToUnixNano: row.isNull('valid_to') ? null : row.unixNano('valid_to'),
    unit: row.text('unit') as PriceUnit,
    rates: decodeJson(row.text('rates')) as unknown as Rates,
    tiers: decodeJson(row.text('tiers')) as unknown as PriceTier[],
    note: row.textOrNull('note'),
  };
}

function renderBound(unixNano: bigint | null): string | null {
  return unixNano === null ? null : renderTimestamp(splitMicros(unixNano).micros);
}
