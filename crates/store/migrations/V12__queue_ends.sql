-- How jobs end: history that is kept by dropping partitions, failures that are kept longer, dead letters with
-- retry and discard, cancelling, and crashes that cannot take innocent jobs along.

alter table prov.jobs add column joined integer not null default 0; -- wishes that merged into it while it waited
alter table prov.jobs add column traceparent text;                  -- of the request that wished it (W3C)
alter table prov.job_history add column traceparent text;

-- Nobody knows which of a crashed worker's jobs was to blame. From then on each of them runs beside no other
-- such job of the same worker, so the one that crashes it again takes none of them along a second time.
create unique index jobs_one_suspect on prov.jobs (worker) where state = 'running' and crashes > 0;
-- For the safety net.
create index instances_unobserved on public.instances (updated_at) where desired_gen > observed_gen;
create index instances_deadline on public.instances (status_deadline) where status_deadline is not null;

------------------------------------------------------------------------------------------------------------
-- History

-- Ends that somebody may want to look into, kept longer than the history. A job that was dead, was tried again
-- and died again is here twice; in the history each job is once.
create table prov.job_failures (like prov.job_history including defaults) partition by range (finished_at);
alter table prov.job_failures add check (outcome in ('blocked', 'dead', 'discarded'));
create table prov.job_failures_rest partition of prov.job_failures default;
create index job_failures_lane on prov.job_failures (lane, finished_at desc);
alter table prov.job_failures enable row level security;
alter table prov.job_failures_rest enable row level security;
create policy daemon on prov.job_failures to mindroom_daemon using (true) with check (true);

create function prov.remember_failure(j prov.jobs, p_outcome text, p_error jsonb) returns void
language sql volatile set search_path = '' as $$
  insert into prov.job_failures (id, lane, tenant, kind, class, outcome, attempt, crashes, fence, want_gen,
    created_at, claimed_at, error, traceparent)
  values (j.id, j.lane, j.tenant, j.kind, j.class, p_outcome, j.attempt, j.crashes, j.fence, j.want_gen,
    j.created_at, j.claimed_at, p_error, j.traceparent)
$$;

-- An instance whose job somebody took away must not look as if it were still on its way: it says so, and the
-- safety net does not bring the job back. Unless another job of the instance is there to tell.
create function prov.give_up_instance(j prov.jobs, p_reason text) returns void
language plpgsql volatile set search_path = '' as $$
declare
  about public.instances;
begin
  select * into about from public.instances i where i.id::text = j.payload ->> 'instance';
  if not found or (about.observed_gen >= j.want_gen and about.status_deadline is null)
      or exists (select 1 from prov.jobs o where o.lane = j.lane and o.state in ('queued', 'running')) then
    return;
  end if;
  -- Nothing of the lane runs, so a new fence is stale to nobody.
  perform prov.write_observation(nextval('prov.fence_seq'), about.id, jsonb_build_object(
    'status', 'error', 'reason', p_reason, 'observed_gen', about.desired_gen,
    'observed_restart_gen', about.restart_gen));
end $$;

-- Writes the only row that the history has of a job; its row in prov.jobs is gone already.
create function prov.remember(j prov.jobs, p_outcome text, p_error jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  insert into prov.job_history (id, lane, tenant, kind, class, outcome, attempt, crashes, fence, want_gen,
    created_at, claimed_at, error, traceparent)
  values (j.id, j.lane, j.tenant, j.kind, j.class, p_outcome, j.attempt, j.crashes, j.fence, j.want_gen,
    j.created_at, j.claimed_at, p_error, j.traceparent);
  if p_outcome in ('blocked', 'discarded') then
    perform prov.remember_failure(j, p_outcome, p_error);
  end if;
  if p_outcome in ('cancelled', 'discarded') and j.kind = 'reconcile-instance' then
    perform prov.give_up_instance(j, 'An operator stopped this. Start it to try again, or contact support.');
  end if;
end $$;

-- As it was; and a payload that names no instance at all, which is why the job is dead, stops nothing.
create or replace function prov.tell_instance_of_dead_job() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform prov.write_observation(new.fence, i.id, jsonb_build_object('status', 'error',
    'reason', 'Something went wrong again and again. Please try again later or contact support.'))
  from public.instances i where i.id::text = new.payload ->> 'instance';
  return new;
end $$;

create function prov.remember_death() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform prov.remember_failure(new, 'dead', new.last_error);
  return new;
end $$;
create trigger jobs_death after update of state on prov.jobs
  for each row when (new.state = 'dead' and old.state <> 'dead') execute function prov.remember_death();

-- Makes the partitions of today and of p_ahead spans to come, and drops those that ended more than p_keep days
-- ago; answers how many it dropped. Spans are p_days long and begin at midnight UTC. Rows that had to go to the
-- default partition, because nobody made theirs in time, move to partitions of their own.
create function prov.rotate(p_table text, p_days integer, p_ahead integer, p_keep integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  span constant integer := p_days * 86400;
  begins timestamptz;
  partition text;
  dropped integer := 0;
begin
  for begins in execute format(
      'select to_timestamp(floor(extract(epoch from now()) / $1) * $1 + n * $1) from generate_series(0, $2) n '
      'union select distinct to_timestamp(floor(extract(epoch from finished_at) / $1) * $1) from prov.%I',
      p_table || '_rest') using span, p_ahead
  loop
    partition := p_table || to_char(begins at time zone 'UTC', '"_"YYYYMMDD');
    continue when to_regclass('prov.' || quote_ident(partition)) is not null;
    -- Made apart and attached: CREATE … PARTITION OF would lock the whole table against everybody.
    execute format('create table prov.%I (like prov.%I including all)', partition, p_table);
    execute format('alter table prov.%I enable row level security', partition);
    execute format('with moved as (delete from prov.%I where finished_at >= %L and finished_at < %L '
      'returning *) insert into prov.%I select * from moved',
      p_table || '_rest', begins, begins + make_interval(secs => span), partition);
    execute format('alter table prov.%I attach partition prov.%I for values from (%L) to (%L)',
      p_table, partition, begins, begins + make_interval(secs => span));
  end loop;
  for partition in
    select c.relname from pg_catalog.pg_inherits h join pg_catalog.pg_class c on c.oid = h.inhrelid
    where h.inhparent = to_regclass('prov.' || quote_ident(p_table)) and c.relname ~ '_[0-9]{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') + p_days
        <= (now() at time zone 'UTC')::date - p_keep
  loop
    execute format('drop table prov.%I', partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

------------------------------------------------------------------------------------------------------------
-- Ends

-- Moves a job to the history, and with it dead ones that its end makes pointless.
create or replace function prov.finish(p_job bigint, p_fence bigint, p_outcome text, p_error jsonb default null)
returns boolean language plpgsql volatile set search_path = '' as $$
declare
  ended prov.jobs;
  outlived prov.jobs;
begin
  delete from prov.jobs j where j.id = p_job and j.fence = p_fence and j.state = 'running'
    returning * into ended;
  if not found then
    return false;
  end if;
  perform prov.remember(ended, p_outcome, p_error);
  if p_outcome = 'done' and ended.merge_key is not null then
    for outlived in
      delete from prov.jobs j where j.state = 'dead' and j.lane = ended.lane
        and j.merge_key = ended.merge_key and j.want_gen <= ended.want_gen returning *
    loop
      perform prov.remember(outlived, 'superseded', outlived.last_error);
    end loop;
  end if;
  return true;
end $$;

-- What became of a claim whose end was sent and whose answer was lost: `ended` (recorded), `waiting` (put back),
-- `held` (nothing was recorded), `lost` (somebody else's, or long ago).
create function prov.fate(p_job bigint, p_fence bigint, p_lane text) returns text
language sql stable set search_path = '' as $$
  select coalesce(
    (select case when j.fence is distinct from p_fence then 'lost' when j.state = 'running' then 'held'
       else 'waiting' end from prov.jobs j where j.id = p_job),
    (select 'ended' from prov.job_history h where h.lane = p_lane and h.id = p_job
       and h.fence = p_fence and h.finished_at > now() - interval '1 day' limit 1),
    'lost')
$$;

-- Takes back jobs whose lease ran out. Three crashes and a job is dead, whatever attempts are left; before that
-- it waits, p_delay first and four times that the second time.
drop function prov.sweep(integer);
create function prov.sweep(p_limit integer, p_delay interval default '5 seconds')
returns table (id bigint, outcome text) language plpgsql volatile set search_path = '' as $$
declare
  lost record;
begin
  for lost in
    select j.id, j.fence, j.crashes from prov.jobs j
    where j.state = 'running' and j.lease_until < now()
    order by j.id limit p_limit for update skip locked
  loop
    id := lost.id;
    -- Without its worker, it is in nobody's way while it is still `running`.
    update prov.jobs j set crashes = j.crashes + 1, worker = null where j.id = lost.id;
    if lost.crashes + 1 >= 3 then
      update prov.jobs j set state = 'dead', lease_until = null,
        last_error = '{"class": "poison", "message": "the lease ran out three times"}'
      where j.id = lost.id;
      outcome := 'dead';
    else
      outcome := prov.requeue(lost.id, lost.fence, p_delay * power(4, lost.crashes), true,
        '{"class": "lease_expired"}');
    end if;
    return next;
  end loop;
end $$;

-- Takes a waiting job back (`cancelled`) or asks a running one to stop between two steps (`asked`). A dead one
-- stays (`dead`): it is tried again or discarded. Null when there is no such job.
drop function prov.cancel(bigint);
create function prov.cancel(p_job bigint) returns text
language plpgsql volatile set search_path = '' as $$
declare
  me prov.jobs;
begin
  select * into me from prov.jobs j where j.id = p_job for update;
  if me.state = 'queued' then
    delete from prov.jobs j where j.id = p_job;
    perform prov.remember(me, 'cancelled', me.last_error);
    return 'cancelled';
  elsif me.state = 'running' then
    update prov.jobs j set cancel_at = coalesce(j.cancel_at, now()) where j.id = p_job;
    perform pg_notify('prov_job', 'cancel');
    return 'asked';
  end if;
  return me.state;
end $$;

-- Lets a dead job begin anew. A waiting twin takes it in. Answers `queued`, `merged`, or null when there is no
-- such dead job.
create function prov.retry_dead(p_job bigint) returns text
language plpgsql volatile set search_path = '' as $$
declare
  me prov.jobs;
begin
  select * into me from prov.jobs j where j.id = p_job and j.state = 'dead' for update;
  if not found then
    return null;
  end if;
  for i in 1 .. 5 loop
    update prov.jobs j set want_gen = greatest(j.want_gen, me.want_gen), run_at = least(j.run_at, now())
      where j.lane = me.lane and j.merge_key = me.merge_key and j.state = 'queued';
    if found then
      delete from prov.jobs j where j.id = p_job;
      perform prov.remember(me, 'superseded', me.last_error);
      return 'merged';
    end if;
    begin
      update prov.jobs j set state = 'queued', attempt = 0, crashes = 0, run_at = now(), cancel_at = null
        where j.id = p_job;
      return 'queued';
    exception when unique_violation then null; -- a twin came in this very moment
    end;
  end loop;
  raise exception 'job % finds no place in its lane', p_job using errcode = 'serialization_failure';
end $$;

-- Gives a dead job up for good; false when there is no such dead job.
create function prov.discard(p_job bigint) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  me prov.jobs;
begin
  delete from prov.jobs j where j.id = p_job and j.state = 'dead' returning * into me;
  if not found then
    return false;
  end if;
  perform prov.remember(me, 'discarded', me.last_error);
  return true;
end $$;

------------------------------------------------------------------------------------------------------------
-- Claim: as before, but for two things. Of the jobs that were there when a worker crashed only one runs beside the
-- worker's others. And behind a backlog the window shows nobody else, so that some accounts' first jobs are looked
-- at beside it, from a random account on: whoever waits behind another's thousands is seen with the next claims.
create index jobs_tenant_queued on prov.jobs (class, tenant, priority, run_at) where state = 'queued';
create or replace function prov.claim(p_class integer, p_n integer, p_cap integer, p_worker uuid,
  p_ttl interval, p_kinds text[])
returns setof prov.jobs language sql volatile set search_path = '' as $$
with recursive full_tenants as materialized (
  select tenant from prov.jobs where state = 'running' and tenant is not null
  group by tenant having count(*) >= p_cap
), mine as materialized (
  select exists (select 1 from prov.jobs r where r.state = 'running' and r.crashes > 0
                 and r.worker = p_worker) as has_suspect
), front as materialized (
  select q.id, q.lane, q.tenant, q.priority, q.run_at, q.crashes > 0 as is_suspect
  from prov.jobs q
  where q.state = 'queued' and q.class = p_class::smallint and q.run_at <= now() and q.kind = any (p_kinds)
    and (q.crashes = 0 or not (select m.has_suspect from mine m))
    and not exists (select 1 from prov.jobs r where r.lane = q.lane and r.state = 'running')
    and not exists (select 1 from full_tenants f where f.tenant = q.tenant)
  order by q.priority, q.run_at, q.id
  limit p_n * 8
), beginning as materialized (
  -- nothing, and so no walk, while everything that is due fits into the window
  select gen_random_uuid() as tenant from (select count(*) as jobs from front) f where f.jobs >= p_n * 8
), onward (tenant, step) as (
  select b.tenant, 0 from beginning b
  union all
  select (select q.tenant from prov.jobs q where q.state = 'queued' and q.class = p_class::smallint
            and q.tenant > o.tenant order by q.tenant limit 1), o.step + 1
  from onward o where o.tenant is not null and o.step < p_n * 4
), again (tenant, step) as (
  select '00000000-0000-0000-0000-000000000000'::uuid, 0 from beginning
  union all
  select (select q.tenant from prov.jobs q where q.state = 'queued' and q.class = p_class::smallint
            and q.tenant > a.tenant order by q.tenant limit 1), a.step + 1
  from again a where a.tenant is not null and a.step < p_n * 4
), beside as materialized (
  select f.* from (select o.tenant from onward o where o.step > 0 and o.tenant is not null
    -- past the last account it goes on with the first
    union select a.tenant from again a, beginning where a.step > 0 and a.tenant is not null
      and exists (select 1 from onward o where o.tenant is null)) t
  cross join lateral (
    select q.id, q.lane, q.tenant, q.priority, q.run_at, q.crashes > 0 as is_suspect
    from prov.jobs q
    where q.state = 'queued' and q.class = p_class::smallint and q.tenant = t.tenant
      and q.run_at <= now() and q.kind = any (p_kinds)
      and (q.crashes = 0 or not (select m.has_suspect from mine m))
      and not exists (select 1 from prov.jobs r where r.lane = q.lane and r.state = 'running')
      and not exists (select 1 from full_tenants f where f.tenant = q.tenant)
    order by q.priority, q.run_at limit 1) f
), ownerless as materialized (
  select q.id, q.lane, q.tenant, q.priority, q.run_at, q.crashes > 0 as is_suspect
  from prov.jobs q, beginning
  where q.state = 'queued' and q.class = p_class::smallint and q.tenant is null
    and q.run_at <= now() and q.kind = any (p_kinds)
    and (q.crashes = 0 or not (select m.has_suspect from mine m))
    and not exists (select 1 from prov.jobs r where r.lane = q.lane and r.state = 'running')
  order by q.priority, q.run_at limit p_n
), considered as materialized (
  select * from front union select * from beside union select * from ownerless
), ranked as materialized (
  select c.*,
    row_number() over (partition by c.lane order by c.priority, c.run_at, c.id) as lane_rank,
    row_number() over (partition by c.tenant order by c.priority, c.run_at, c.id) as tenant_rank,
    row_number() over (partition by c.is_suspect order by c.priority, c.run_at, c.id) as suspect_rank
  from considered c
), picked as materialized (
  select q.id from prov.jobs q join ranked k on k.id = q.id
  where q.state = 'queued' and k.lane_rank = 1 and (not k.is_suspect or k.suspect_rank = 1)
    and (k.tenant is null or k.tenant_rank
      + (select count(*) from prov.jobs r where r.tenant = k.tenant and r.state = 'running') <= p_cap)
  order by k.priority, k.tenant_rank, k.run_at, k.id
  limit p_n
  for update of q skip locked
)
update prov.jobs j
set state = 'running', attempt = j.attempt + 1, fence = nextval('prov.fence_seq'), worker = p_worker,
    claimed_at = clock_timestamp(), lease_until = now() + p_ttl, cancel_at = null
from picked where j.id = picked.id
returning j.*
$$;

-- After a database was restored its sequence may be behind the fences that the outside has seen; then the
-- outside refuses every claim. Raises it above p_above; answers the last fence given out.
create function prov.raise_fence(p_above bigint) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  last bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('prov.fence_seq', 0));
  select s.last_value into last from prov.fence_seq s;
  if p_above > last then
    last := setval('prov.fence_seq', p_above);
  end if;
  return last;
end $$;

grant execute on function prov.remember_failure(prov.jobs, text, jsonb), prov.give_up_instance(prov.jobs, text),
  prov.remember(prov.jobs, text, jsonb), prov.rotate(text, integer, integer, integer),
  prov.fate(bigint, bigint, text), prov.sweep(integer, interval), prov.cancel(bigint),
  prov.retry_dead(bigint), prov.discard(bigint), prov.raise_fence(bigint) to mindroom_daemon;
grant select, insert on prov.job_failures to mindroom_daemon;
