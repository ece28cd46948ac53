import { test } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createReader } from '../../collector/storage/postgres/read/reader.js';
import { createTestDatabase } from '../support/database.js';
import { PROJECT_ID } from '../support/read-fixture.js';

test('measure', async () => {
  const database = await createTestDatabase();
  const pool = createPool(database.connection);
  await pool.query(`set statement_timeout=0; insert into traces select '${PROJECT_ID}', decode(md5(i::text),'hex'), t, t + interval '3 s', t, t, i % 1000, 0, (random()*1e7)::bigint, 12, 3,0,2,(random()<0.03)::int,0, 100,20,null,null,null,(random()*10000)::bigint, random()>0.001, 's'||(i%50000), 's'||(i%50000), null, 'u'||(i%1000), 'n'||(i%20), 'completed','reported', case when random()<0.2 then null else round(random()::numeric,6) end, 'prod', array['a'||(i%30)], array['m'||(i%10)], array['p'], array['t'||(i%40)], array['svc'||(i%5)], array['d'], '{}', repeat('hello ',60), repeat('world ', 60)
   from (select i, timestamptz '2026-11-20' - i * interval '5 s' as t from generate_series(1,350000) i) x`);
  await pool.query(`update traces set session_key='big', session_id='big' where trace_id in (select trace_id from traces limit 20000)`);
  await pool.query(`insert into sessions select '${PROJECT_ID}', session_key, min(started_at), max(ended_at), 0,0,count(*),12*count(*),1,0,1,0,0,1,1,null,null,null,null,max(user_id),null,'completed','reported',1,null,'{}','{}','{}','{}','{}','{}','{}' from traces group by session_key`);
  await pool.query(`insert into agent_executions select project_id, gen_random_uuid(), trace_id, '\\x0101010101010101', null, started_at, ended_at, started_at, started_at, 0,0,duration_micros,1,1,0,1,1,1,null,null,null,1,1,null,null,null,total_tokens,null,null,session_id,null,user_id,null,agents[1],null,null,models[1],models,'p','svc','prod',status,'reported',cost_usd,cost_usd,null,null,'{}','{}','[]','[]' from traces`);
  await pool.query('vacuum analyze traces, sessions, agent_executions');
  await pool.query('vacuum analyze traces');
  await pool.query('vacuum analyze sessions');
  let show = false;
  const reader = createReader({ pool: { async query(text, values) { 
     if (show) { const r = await pool.query('explain (analyze, buffers) '+text, values); console.log(r.rows.map((x: any)=>x['QUERY PLAN']).join('\n')); }
     return pool.query(text, values);} }, clock: () => BigInt(Date.parse('2026-11-20'))*1000000n });
  const time = async (name: string, f: () => Promise<unknown>, explain=false) => {
    await f(); const s = performance.now(); for (let i=0;i<5;i++) await f(); console.log(name, ((performance.now()-s)/5).toFixed(1),'ms');
    if (explain) { show = true; await f(); show = false; }
  };
  const L = { limit: 50 };
  await time('traces newest', () => reader.listTraces(PROJECT_ID, {}, L), true);
  for (const f of [{user_id:'u7'},{agent:'a3'},{model:'m3'},{tool:'t9'},{agent:'none'},{has_error:true},{status:'running'},{status:'failed'},{name:'n3'},{min_cost_usd:0.999},{session_id:'s77'},{session_id:'big'}, {from:'2026-11-15T00:00:00Z', to:'2026-11-16T00:00:00Z', agent:'none'}]) await time('traces '+JSON.stringify(f), () => reader.listTraces(PROJECT_ID, f as any, L));
  for (const sort of ['duration_ms','cost_usd','tokens'] as const) for (const order of ['asc','desc'] as const) await time(`traces sort ${sort} ${order}`, () => reader.listTraces(PROJECT_ID, {}, {...L, sort, order}));
  await time('sessions', () => reader.listSessions(PROJECT_ID, {}, L), true);
  await time('sessions running', () => reader.listSessions(PROJECT_ID, {status:'running'}, L));
  await time('session big', () => reader.findSession(PROJECT_ID, 'big'), true);
  for (const sort of ['started_at','duration_ms','cost_usd','tokens'] as const) await time(`exec sort ${sort}`, () => reader.listExecutions(PROJECT_ID, {}, {...L, sort}), sort==='cost_usd');
  for (const f of [{agent_name:'a3'},{status:'failed'},{model:'m1'},{session_id:'s9'},{min_cost_usd:0.9999}]) await time('exec '+JSON.stringify(f), () => reader.listExecutions(PROJECT_ID, f as any, L));
  await pool.query("create index x on traces (project_id, session_key) where not is_complete"); await pool.query('analyze traces');
  await time('session big, partial index', () => reader.findSession(PROJECT_ID, 'big'));
  await time('sessions, partial index', () => reader.listSessions(PROJECT_ID, {}, L));
  await time('sessions running, partial index', () => reader.listSessions(PROJECT_ID, {status:'running'}, L), true);
  console.log((await pool.query("select pg_size_pretty(pg_relation_size('x')) s")).rows);
  for (const c of ['duration_micros','total_tokens']) await pool.query(`create index on traces (project_id, ${c})`);
  await pool.query(`create index on traces (project_id, cost_usd) where cost_usd is not null`);
  for (const sort of ['duration_ms','cost_usd','tokens'] as const) for (const order of ['asc','desc'] as const) await time(`traces sort indexed ${sort} ${order}`, () => reader.listTraces(PROJECT_ID, {}, {...L, sort, order}));
  await pool.end(); await database.drop();
}, 600000);
