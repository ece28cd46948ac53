import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { KeyValue } from '../../../model/any-value.js';
import type { ResourceData, ScopeData } from '../../../model/span-data.js';
import { OddTexts } from '../odd-text.js';
import { encodeEntityRefs } from '../rows/nested-codec.js';
import { encodeAttributes } from '../value-codec.js';
import { hexBytes, insertStatement, sendRows } from './record-set.js';
import type { RecordOf } from './record-set.js';

const RESOURCE_COLUMNS = {
  resource_id: 'bytea',
  attributes: 'jsonb',
  dropped_attributes_count: 'bigint',
  entity_refs: 'jsonb',
  schema_url: 'text',
  odd: 'jsonb',
} as const;

const SCOPE_COLUMNS = {
  scope_id: 'bytea',
  name: 'text',
  version: 'text',
  attributes: 'jsonb',
  dropped_attributes_count: 'bigint',
  schema_url: 'text',
  odd: 'jsonb',
} as const;

const INSERT_RESOURCES = insertStatement(
  'resources',
  RESOURCE_COLUMNS,
  'source.resource_id',
  'on conflict do nothing',
);
const INSERT_SCOPES = insertStatement('scopes', SCOPE_COLUMNS, 'source.scope_id', 'on conflict do nothing');

const ID_BYTES = 16;
/** Enough for the services of a large installation; what falls out costs one look-up. */
const REMEMBERED_IDS = 20_000;

/** The resources and scopes that one batch names, by the hex of their ids. */
export class DictionaryEntries {
  readonly resources = new Map<string, RecordOf<typeof RESOURCE_COLUMNS>>();
  readonly scopes = new Map<string, RecordOf<typeof SCOPE_COLUMNS>>();
  private readonly ids = new Map<ResourceData | ScopeData, Buffer>();

  addResource(resource: ResourceData): Buffer {
    return this.addOnce(resource, () => {
      const odd = new OddTexts();
      const record = {
        attributes: encodeSorted(resource.attributes),
        dropped_attributes_count: resource.droppedAttributesCount,
        entity_refs: encodeEntityRefs(resource.entityRefs),
        schema_url: odd.store('schema_url', resource.schemaUrl),
        odd: odd.encode(),
      };
      const id = hashRecord(record);
      const hex = id.toString('hex');
      this.resources.set(hex, { resource_id: hexBytes(hex), ...record });
      return id;
    });
  }

  addScope(scope: ScopeData): Buffer {
    return this.addOnce(scope, () => {
      const odd = new OddTexts();
      const record = {
        name: odd.store('name', scope.name),
        version: odd.store('version', scope.version),
        attributes: encodeSorted(scope.attributes),
        dropped_attributes_count: scope.droppedAttributesCount,
        schema_url: odd.store('schema_url', scope.schemaUrl),
        odd: odd.encode(),
      };
      const id = hashRecord(record);
      const hex = id.toString('hex');
      this.scopes.set(hex, { scope_id: hexBytes(hex), ...record });
      return id;
    });
  }

  private addOnce(item: ResourceData | ScopeData, add: () => Buffer): Buffer {
    const known = this.ids.get(item);
    if (known !== undefined) return known;
    const id = add();
    this.ids.set(item, id);
    return id;
  }
}

/** Writes dictionary rows, and remembers which ones are in the database so as not to send them again. */
export class DictionaryWriter {
  private readonly known = new Set<string>();

  /** Adds what is missing. The caller calls {@link remember} once the transaction has committed. */
  async insert(client: ClientBase, projectId: string, batches: readonly DictionaryEntries[]): Promise<void> {
    const resources = this.listUnknown(
      projectId,
      batches.map((entries) => entries.resources),
    );
    const scopes = this.listUnknown(
      projectId,
      batches.map((entries) => entries.scopes),
    );
    await sendRows(client, INSERT_RESOURCES, projectId, resources);
    await sendRows(client, INSERT_SCOPES, projectId, scopes);
  }

  remember(projectId: string, batches: readonly DictionaryEntries[]): void {
    if (this.known.size > REMEMBERED_IDS) this.known.clear();
    for (const { resources, scopes } of batches) {
      for (const id of resources.keys()) this.known.add(`${projectId}/${id}`);
      for (const id of scopes.keys()) this.known.add(`${projectId}/${id}`);
    }
  }

  /** The database may be another one from now on, which lacks the latest rows. */
  forget(): void {
    this.known.clear();
  }

  private listUnknown<Row>(projectId: string, batches: readonly ReadonlyMap<string, Row>[]): Row[] {
    const unknown = new Map<string, Row>();
    for (const rows of batches) {
      for (const [id, row] of rows) if (!this.known.has(`${projectId}/${id}`)) unknown.set(id, row);
    }
    return [...unknown.values()];
  }
}

/** Attributes in the order of their keys, so that the order in which they were sent makes no other identity. */
export function encodeSorted(attributes: readonly KeyValue[]): string {
  return encodeAttributes(attributes.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)));
}

function hashRecord(record: object): Buffer {
  return createHash('sha256').update(JSON.stringify(record)).digest().subarray(0, ID_BYTES);
}
