import type pg from 'pg';

const COLUMNS = `
select c.relname as relation,
       format('  %s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
              case when a.attnotnull then ' not null' else '' end,
              ' default ' || pg_get_expr(d.adbin, d.adrelid)) as line
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
 order by c.relname, a.attnum`;

const CONSTRAINTS = `
select c.relname as relation, format('  constraint %s %s', o.conname, pg_get_constraintdef(o.oid)) as line
  from pg_constraint o join pg_class c on c.oid = o.conrelid
 where c.relnamespace = 'public'::regnamespace and not c.relispartition and o.contype <> 'n'
 order by c.relname, o.conname`;

const PARTITIONS = `
select c.relname as relation,
       format('  partition by %s', pg_get_partkeydef(c.oid)) as line
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'p' order by c.relname`;

const REST = `
select pg_get_indexdef(i.indexrelid) as line
  from pg_index i join pg_class c on c.oid = i.indrelid
 where c.relnamespace = 'public'::regnamespace and not c.relispartition
   and not exists (select 1 from pg_constraint o where o.conindid = i.indexrelid)
union all
select format('partition %s of %s %s %s', c.relname, inhparent::regclass, pg_get_expr(c.relpartbound, c.oid),
              array_to_string(c.reloptions, ', '))
  from pg_inherits join pg_class c on c.oid = inhrelid
 where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
union all
select pg_get_functiondef(p.oid) from pg_proc p where p.pronamespace = 'public'::regnamespace
union all
select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
 where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
union all
select format('policy %s on %s %s', policyname, tablename, coalesce(qual, with_check)) from pg_policies
 where schemaname = 'public'
order by 1`;

/** Everything in the public schema as text, the same for the same schema whatever the server's version. */
export async function dumpSchema(client: pg.ClientBase): Promise<string> {
  const tables = new Map<string, string[]>();
  for (const part of [COLUMNS, CONSTRAINTS, PARTITIONS]) {
    const { rows } = await client.query<{ relation: string; line: string }>(part);
    for (const { relation, line } of rows) tables.set(relation, [...(tables.get(relation) ?? []), line]);
  }
  const rest = await client.query<{ line: string }>(REST);
  const relations = [...tables].map(([name, lines]) => `table ${name}\n${lines.join('\n')}\n`);
  return [
    '-- The schema that the migrations make; written by UPDATE_GOLDEN=1 npx vitest run test/storage/migrate.test.ts\n',
    ...relations,
    `${rest.rows.map((row) => row.line).join('\n')}\n`,
  ].join('\n');
}
