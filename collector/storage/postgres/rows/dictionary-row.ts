import type { ResourceData, ScopeData } from '../../../model/span-data.js';
import { decodeAttributes } from '../value-codec.js';
import { decodeEntityRefs } from './nested-codec.js';
import type { Queryable, StoredRow } from './queryable.js';
import { RowReader } from './stored-row.js';

/** Resources and scopes by the hex of their ids. */
export interface Dictionaries {
  resources: ReadonlyMap<string, ResourceData>;
  scopes: ReadonlyMap<string, ScopeData>;
}

const NO_RESOURCE: ResourceData = {
  attributes: [],
  droppedAttributesCount: 0,
  entityRefs: [],
  schemaUrl: '',
};

const NO_SCOPE: ScopeData = {
  name: '',
  version: '',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: '',
};

/** Loads the resources and scopes that rows name in `resource_id` and `scope_id`, each once. */
export async function loadDictionaries(
  database: Queryable,
  projectId: string,
  rows: readonly StoredRow[],
): Promise<Dictionaries> {
  const resources = await loadEntries(database, RESOURCES, projectId, rows, readResource);
  const scopes = await loadEntries(database, SCOPES, projectId, rows, readScope);
  return { resources, scopes };
}

/** The resource a row names; an empty one where the dictionary lacks it. */
export function findResource(row: RowReader, dictionaries: Dictionaries): ResourceData {
  return dictionaries.resources.get(row.hex('resource_id')) ?? NO_RESOURCE;
}

/** The scope a row names; an empty one where the dictionary lacks it. */
export function findScope(row: RowReader, dictionaries: Dictionaries): ScopeData {
  return dictionaries.scopes.get(row.hex('scope_id')) ?? NO_SCOPE;
}

const RESOURCES = {
  idColumn: 'resource_id',
  statement: `
    select resource_id, attributes, dropped_attributes_count, entity_refs, schema_url, odd
    from resources where project_id = $1 and resource_id = any($2::bytea[])`,
};

const SCOPES = {
  idColumn: 'scope_id',
  statement: `
    select scope_id, name, version, attributes, dropped_attributes_count, schema_url, odd
    from scopes where project_id = $1 and scope_id = any($2::bytea[])`,
};

async function loadEntries<Entry>(
  database: Queryable,
  dictionary: { idColumn: string; statement: string },
  projectId: string,
  rows: readonly StoredRow[],
  readEntry: (row: RowReader) => Entry,
): Promise<Map<string, Entry>> {
  const { idColumn, statement } = dictionary;
  const ids = new Map<string, Buffer>();
  for (const row of rows) {
    const id = row[idColumn] as Buffer;
    ids.set(id.toString('hex'), id);
  }
  const entries = new Map<string, Entry>();
  if (ids.size === 0) return entries;
  const found = await database.query(statement, [projectId, [...ids.values()]]);
  for (const row of found.rows) {
    const reader = new RowReader(row);
    entries.set(reader.hex(idColumn), readEntry(reader));
  }
  return entries;
}

function readResource(row: RowReader): ResourceData {
  return {
    attributes: decodeAttributes(row.json('attributes')),
    droppedAttributesCount: row.number('dropped_attributes_count'),
    entityRefs: decodeEntityRefs(row.json('entity_refs')),
    schemaUrl: row.text('schema_url'),
  };
}

function readScope(row: RowReader): ScopeData {
  return {
    name: row.text('name'),
    version: row.text('version'),
    attributes: decodeAttributes(row.json('attributes')),
    droppedAttributesCount: row.number('dropped_attributes_count'),
    schemaUrl: row.text('schema_url'),
  };
}
