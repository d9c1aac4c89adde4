-- Statistics of the queue are always of another moment. Gathered while nothing waited they say that nothing does, and then
-- all plans seem alike: of 20,000 jobs a claim read every one twice, for tens of milliseconds.
--
-- As it was, but that it never sorts what waits, and that what it picked can be looked up by the primary key only: by
-- BETWEEN, since an equality could be a merge join, for the order of which the planner walks the whole key; and by LIKE,
-- since = would let it walk an index of what is queued. What must be sorted looks dear by that, and would be compiled
-- first (jit), which takes a second.
create or replace function prov.claim(p_class integer, p_n integer, p_cap integer, p_worker uuid,
  p_ttl interval, p_kinds text[], p_since timestamptz default '-infinity', p_fence bigint default 0)
returns setof prov.jobs language plpgsql volatile set search_path = '' set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set enable_sort = off set enable_incremental_sort = off set jit = off as $$
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
  select q.id from prov.jobs q join ranked k on q.id between k.id and k.id
  where q.state like 'queued' and k.lane_rank = 1 and (not k.is_suspect or k.suspect_rank = 1)
    and (k.tenant is null or k.tenant_rank
      + (select count(*) from running r where r.tenant = k.tenant) <= p_cap)
  order by k.tenant_rank, k.run_at, k.id
  limit p_n
  for update of q skip locked
)
update prov.jobs j
set state = 'running', attempt = j.attempt + 1, fence = nextval('prov.fence_seq'), worker = p_worker,
    claimed_at = clock_timestamp(), lease_until = now() + p_ttl, cancel_at = null
from picked where j.id between picked.id and picked.id
returning j.*;
end $$;
