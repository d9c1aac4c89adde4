-- Claims that stay cheap while somebody holds a snapshot open. Then no dead row of the queue can be cleared away, and
-- its indexes grow by an entry for each job; a claim walked them all from the beginning, to find each dead. Now it
-- begins where the first job waited and the first one ran a moment ago (prov.claim_floor).
--
-- Priorities are gone: nothing ever had another than the usual one, classes are what holds urgent work apart, and an
-- index by priority cannot be entered by time.

drop function prov.claim(integer, integer, integer, uuid, interval, text[]);
drop function prov.enqueue(text, uuid, text, text, bigint, integer, integer, interval, jsonb);
drop index prov.jobs_claim, prov.jobs_tenant_queued, prov.jobs_tenant_running;
alter table prov.jobs drop column priority;
create index jobs_claim on prov.jobs (class, run_at, id) where state = 'queued';
create index jobs_tenant_queued on prov.jobs (class, tenant, run_at) where state = 'queued';
-- Fences rise with every claim: what runs now is at the end of it, in whatever order it ends.
create index jobs_running on prov.jobs (fence) where state = 'running';

-- As it was.
create function prov.enqueue(p_lane text, p_tenant uuid, p_kind text, p_merge text, p_gen bigint,
  p_class integer default 0, p_delay interval default '0', p_payload jsonb default '{}') returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  job bigint;
begin
  insert into prov.jobs as j (lane, tenant, class, kind, merge_key, payload, want_gen, run_at, traceparent)
  values (p_lane, p_tenant, p_class::smallint, p_kind, p_merge, p_payload, p_gen, now() + p_delay,
    prov.traceparent())
  on conflict (lane, merge_key) where state = 'queued' and merge_key is not null do update
    set attempt = case when excluded.want_gen > j.want_gen then 0 else j.attempt end,
        crashes = case when excluded.want_gen > j.want_gen then 0 else j.crashes end,
        traceparent = case when excluded.want_gen > j.want_gen then excluded.traceparent else j.traceparent end,
        joined = j.joined + 1,
        want_gen = greatest(j.want_gen, excluded.want_gen),
        run_at = least(j.run_at, excluded.run_at),
        class = least(j.class, excluded.class),
        payload = excluded.payload
  returning j.id into job;
  return job;
end $$;
revoke all on function prov.enqueue(text, uuid, text, text, bigint, integer, interval, jsonb) from public;
grant execute on function prov.enqueue(text, uuid, text, text, bigint, integer, interval, jsonb) to mindroom_daemon;

-- How many jobs of its class are due before a waiting one, at most 1,000 counted; null when it does not wait or its
-- time has not come. Definer: others' jobs count too, and nothing else is told of them.
create or replace function prov.jobs_before(p_job bigint) returns bigint
language sql stable security definer set search_path = '' as $$
  select (select count(*) from (
      select 1 from prov.jobs b where b.state = 'queued' and b.class = me.class
        and (b.run_at, b.id) < (me.run_at, me.id) limit 1000) before)
  from prov.jobs me where me.id = p_job and me.state = 'queued' and me.run_at <= now()
$$;

-- Where claims of a class may begin to look, for a moment: before it nothing waits, nothing runs. What is being put
-- in meanwhile may be late by some seconds, what is being claimed by some fences; what is later still is found by
-- the next claim that looks everywhere.
create function prov.claim_floor(p_class integer, out since timestamptz, out fence bigint)
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off set jit = off as $$
declare
  given_out constant bigint := (select s.last_value from prov.fence_seq s);
begin
  since := least(now() - interval '5 s', (select q.run_at from prov.jobs q
    where q.state = 'queued' and q.class = p_class::smallint order by q.run_at limit 1));
  fence := least(given_out - 100, (select r.fence from prov.jobs r where r.state = 'running' order by r.fence limit 1));
end $$;
revoke all on function prov.claim_floor(integer) from public;
grant execute on function prov.claim_floor(integer) to mindroom_daemon;

-- As it was, but for where it begins, and that it reads what runs once. NOT IN, since as a join the planner may put the
-- few that run on its other side, and sort the queue. And whatever the statistics say of a table that is empty one
-- moment and has thousands of rows the next, what was picked is looked up row by row, not in all of it.
create function prov.claim(p_class integer, p_n integer, p_cap integer, p_worker uuid,
  p_ttl interval, p_kinds text[], p_since timestamptz default '-infinity', p_fence bigint default 0)
returns setof prov.jobs language plpgsql volatile set search_path = '' set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
return query
with recursive running as materialized (
  select r.lane, r.tenant, r.worker, r.crashes from prov.jobs r where r.state = 'running' and r.fence >= p_fence
), full_tenants as materialized (
  select r.tenant from running r where r.tenant is not null group by r.tenant having count(*) >= p_cap
), mine as materialized (
  select exists (select 1 from running r where r.crashes > 0 and r.worker = p_worker) as has_suspect
), front as materialized (
  select q.id, q.lane, q.tenant, q.run_at, q.crashes > 0 as is_suspect
  from prov.jobs q
  where q.state = 'queued' and q.class = p_class::smallint
    and q.run_at between p_since and now() and q.kind = any (p_kinds)
    and (q.crashes = 0 or not (select m.has_suspect from mine m))
    and q.lane not in (select r.lane from running r)
    and (q.tenant is null or q.tenant not in (select f.tenant from full_tenants f))
  order by q.run_at, q.id
  limit p_n * 8
), beginning as materialized (
  -- nothing, and so no walk, while everything that is due fits into the window
  select gen_random_uuid() as tenant from (select count(*) as jobs from front) f where f.jobs >= p_n * 8
), onward (tenant, step) as (
  select b.tenant, 0 from beginning b
  union all
  select (select q.tenant from prov.jobs q where q.state = 'queued' and q.class = p_class::smallint
            and q.tenant > o.tenant and q.run_at >= p_since order by q.tenant limit 1), o.step + 1
  from onward o where o.tenant is not null and o.step < p_n * 4
), again (tenant, step) as (
  select '00000000-0000-0000-0000-000000000000'::uuid, 0 from beginning
  union all
  select (select q.tenant from prov.jobs q where q.state = 'queued' and q.class = p_class::smallint
            and q.tenant > a.tenant and q.run_at >= p_since order by q.tenant limit 1), a.step + 1
  from again a where a.tenant is not null and a.step < p_n * 4
), beside as materialized (
  select f.* from (select o.tenant from onward o where o.step > 0 and o.tenant is not null
    -- past the last account it goes on with the first
    union select a.tenant from again a, beginning where a.step > 0 and a.tenant is not null
      and exists (select 1 from onward o where o.tenant is null)) t
  cross join lateral (
    select q.id, q.lane, q.tenant, q.run_at, q.crashes > 0 as is_suspect
    from prov.jobs q
    -- not by =, as the order would be one by time alone, and another index be as good
    where q.state = 'queued' and q.class = p_class::smallint and q.tenant between t.tenant and t.tenant
      and q.run_at between p_since and now() and q.kind = any (p_kinds)
      and (q.crashes = 0 or not (select m.has_suspect from mine m))
      and q.lane not in (select r.lane from running r)
      and q.tenant not in (select f.tenant from full_tenants f)
    order by q.tenant, q.run_at limit 1) f
), ownerless as materialized (
  select q.id, q.lane, q.tenant, q.run_at, q.crashes > 0 as is_suspect
  from prov.jobs q, beginning
  where q.state = 'queued' and q.class = p_class::smallint and q.tenant is null
    and q.run_at between p_since and now() and q.kind = any (p_kinds)
    and (q.crashes = 0 or not (select m.has_suspect from mine m))
    and q.lane not in (select r.lane from running r)
  order by q.tenant, q.run_at limit p_n
), considered as materialized (
  select * from front union select * from beside union select * from ownerless
), ranked as materialized (
  select c.*,
    row_number() over (partition by c.lane order by c.run_at, c.id) as lane_rank,
    row_number() over (partition by c.tenant order by c.run_at, c.id) as tenant_rank,
    row_number() over (partition by c.is_suspect order by c.run_at, c.id) as suspect_rank
  from considered c
), picked as materialized (
  select q.id from prov.jobs q join ranked k on k.id = q.id
  where q.state = 'queued' and k.lane_rank = 1 and (not k.is_suspect or k.suspect_rank = 1)
    and (k.tenant is null or k.tenant_rank
      + (select count(*) from running r where r.tenant = k.tenant) <= p_cap)
  order by k.tenant_rank, k.run_at, k.id
  limit p_n
  for update of q skip locked
)
update prov.jobs j
set state = 'running', attempt = j.attempt + 1, fence = nextval('prov.fence_seq'), worker = p_worker,
    claimed_at = clock_timestamp(), lease_until = now() + p_ttl, cancel_at = null
from picked where j.id = picked.id
returning j.*;
end $$;
revoke all on function prov.claim(integer, integer, integer, uuid, interval, text[], timestamptz, bigint) from public;
grant execute on function prov.claim(integer, integer, integer, uuid, interval, text[], timestamptz, bigint)
  to mindroom_daemon;
