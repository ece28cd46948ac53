/** Our tables, those that are partitioned as one, in the order in which they were made, with their columns and rows. */
export async function listTables(client) {
  const { rows } = await client.query(`
    select c.relname as name, array_agg(quote_ident(a.attname) order by a.attnum) as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition
    group by c.oid
    order by c.oid`);
  for (const table of rows) {
    const counted = await client.query(`select count(*)::int as count from ${table.name}`);
    table.rows = counted.rows[0].count;
  }
  return rows;
}

/** Bytes on disk of each of those tables: rows, values kept apart (TOAST), and indexes, over all partitions. */
export async function measureTables(client) {
  const { rows } = await client.query(`
    select root.relname as name, sum(pg_relation_size(part.oid))::float8 as heap,
      sum(pg_table_size(part.oid) - pg_relation_size(part.oid))::float8 as toast,
      sum(pg_indexes_size(part.oid))::float8 as indexes
    from pg_class root
    join pg_namespace n on n.oid = root.relnamespace
    join lateral (
      select root.oid where root.relkind = 'r'
      union all
      select relid from pg_partition_tree(root.oid) where isleaf and root.relkind = 'p'
    ) part on true
    where n.nspname = current_schema() and root.relkind in ('r', 'p') and not root.relispartition
    group by root.relname
    order by root.relname`);
  return rows;
}
