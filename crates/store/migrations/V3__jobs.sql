-- The job queue and everything that the daemon writes.
--
-- A job says "bring this lane to generation G or later"; equal ones merge while they wait. At most one job of
-- a lane runs. Each claim takes a new fence, and every write of the daemon names job and fence: once the lease
-- has gone to somebody else, such a write changes nothing and answers false.
-- Why a queue of our own: no crate has enqueueing by SQL, lanes and fences together.

create sequence prov.fence_seq;

-- Holds what waits, runs or is dead; finished jobs move to job_history, so that the table stays small.
create table prov.jobs (
  id bigint primary key generated always as identity,
  lane text not null,                     -- instance:<uuid>, stripe:<customer>: one running job each
  tenant uuid,                            -- whose account; bounds how much of the daemon one account takes
  class smallint not null default 0,      -- 0 interactive, 1 bulk, 2 checks: slots of their own
  kind text not null,
  merge_key text,                         -- waiting jobs of one lane and key are one job
  payload jsonb not null default '{}',    -- ids, never copies of state
  want_gen bigint not null default 0,
  priority smallint not null default 100, -- smaller first
  state text not null default 'queued' check (state in ('queued', 'running', 'dead')),
  run_at timestamptz not null default now(),
  attempt integer not null default 0,
  max_attempts integer not null default 12,
  crashes integer not null default 0,
  fence bigint,
  worker uuid,
  claimed_at timestamptz,
  lease_until timestamptz,                -- in no index, so that heartbeats stay cheap (HOT)
  cancel_at timestamptz,
  last_error jsonb,
  created_at timestamptz not null default clock_timestamp()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0,
        autovacuum_analyze_threshold = 2000);
create index jobs_claim on prov.jobs (class, priority, run_at, id) where state = 'queued';
create unique index jobs_one_running on prov.jobs (lane) where state = 'running';
create unique index jobs_merge on prov.jobs (lane, merge_key) where state = 'queued' and merge_key is not null;
create index jobs_tenant_running on prov.jobs (tenant) where state = 'running';
create index jobs_dead on prov.jobs (lane, merge_key) where state = 'dead';

-- What ended. Partitioned by time, so that retention drops partitions instead of deleting rows.
create table prov.job_history (
  id bigint not null,
  lane text not null,
  tenant uuid,
  kind text not null,
  class smallint not null,
  outcome text not null
    check (outcome in ('done', 'superseded', 'blocked', 'cancelled', 'discarded')),
  attempt integer not null,
  crashes integer not null,
  fence bigint,
  want_gen bigint not null,
  created_at timestamptz not null,
  claimed_at timestamptz,
  finished_at timestamptz not null default clock_timestamp(),
  error jsonb
) partition by range (finished_at);
create table prov.job_history_rest partition of prov.job_history default;
create index job_history_lane on prov.job_history (lane, finished_at desc);

-- The generation whose steps instances.progress lists.
alter table public.instances add column progress_gen bigint not null default 0;

------------------------------------------------------------------------------------------------------------
-- Enqueue

-- The doorbell. Called after the commit, by its own statement: inside a transaction it would make commits
-- wait for one another. Nothing is lost without it, since the daemon also polls.
create function prov.ring(p_class integer) returns void
language sql volatile security definer set search_path = '' as $$
  select pg_notify('prov_job', p_class::text)
$$;

create function prov.enqueue(p_lane text, p_tenant uuid, p_kind text, p_merge text, p_gen bigint,
  p_class integer default 0, p_priority integer default 100, p_delay interval default '0',
  p_payload jsonb default '{}') returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  job bigint;
begin
  insert into prov.jobs as j (lane, tenant, class, kind, merge_key, payload, want_gen, priority, run_at)
  values (p_lane, p_tenant, p_class::smallint, p_kind, p_merge, p_payload, p_gen, p_priority::smallint,
          now() + p_delay)
  on conflict (lane, merge_key) where state = 'queued' and merge_key is not null do update
    set attempt = case when excluded.want_gen > j.want_gen then 0 else j.attempt end,
        crashes = case when excluded.want_gen > j.want_gen then 0 else j.crashes end,
        want_gen = greatest(j.want_gen, excluded.want_gen),
        run_at = least(j.run_at, excluded.run_at),
        class = least(j.class, excluded.class),
        priority = least(j.priority, excluded.priority),
        payload = excluded.payload
  returning j.id into job;
  return job;
end $$;

-- A job as answers carry it. Volatile, to see a job that the same statement has just enqueued.
create function prov.job_json(p_job bigint) returns jsonb
language sql volatile security definer set search_path = '' as $$
  select jsonb_build_object('id', j.id, 'kind', j.kind, 'state', j.state) from prov.jobs j where j.id = p_job
$$;

-- Brings an instance to its present wish, after p_delay. Answers the job, also one that was waiting already;
-- null when there is no such instance.
create function prov.enqueue_instance(p_instance uuid, p_delay interval default '0') returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  wish record;
begin
  select i.account_id, i.desired_gen into wish from public.instances i where i.id = p_instance;
  if not found then
    return null;
  end if;
  return prov.job_json(prov.enqueue('instance:' || p_instance, wish.account_id, 'reconcile-instance',
    'reconcile', wish.desired_gen, p_delay => p_delay, p_payload => jsonb_build_object('instance', p_instance)));
end $$;

-- Acts on a stored Stripe event. One lane per customer, so that its events are worked on one after another.
create function prov.enqueue_stripe_event(p_event_id text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  event record;
begin
  select e.account_id, e.customer_id into event from public.webhook_events e where e.id = p_event_id;
  if not found then
    return null;
  end if;
  return prov.job_json(prov.enqueue('stripe:' || coalesce(event.customer_id, p_event_id), event.account_id,
    'stripe-event', p_event_id, 0, p_payload => jsonb_build_object('event', p_event_id)));
end $$;

-- The job that works on an instance or waits to, the running one first; null when there is none.
create function prov.job_of_instance(p_instance uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('id', j.id, 'kind', j.kind, 'state', j.state)
  from prov.jobs j
  where j.lane = 'instance:' || p_instance and j.state in ('running', 'queued')
  order by j.state desc, j.id
  limit 1
$$;

------------------------------------------------------------------------------------------------------------
-- Claim, heartbeat, end

-- At most p_n jobs of a class, fairly among accounts, never two of a lane, at most p_cap running per account.
-- Accounts at their cap are left out before the window, so that one account's backlog hides nobody. Every
-- step is MATERIALIZED: otherwise the planner may run the picking twice and claim more than asked.
-- Kinds that the caller does not know stay where they are, for a newer daemon beside it.
create function prov.claim(p_class integer, p_n integer, p_cap integer, p_worker uuid, p_ttl interval,
  p_kinds text[])
returns setof prov.jobs language sql volatile set search_path = '' as $$
with full_tenants as materialized (
  select tenant from prov.jobs where state = 'running' and tenant is not null
  group by tenant having count(*) >= p_cap
), considered as materialized (
  select q.id, q.lane, q.tenant, q.priority, q.run_at
  from prov.jobs q
  where q.state = 'queued' and q.class = p_class::smallint and q.run_at <= now() and q.kind = any (p_kinds)
    and not exists (select 1 from prov.jobs r where r.lane = q.lane and r.state = 'running')
    and not exists (select 1 from full_tenants f where f.tenant = q.tenant)
  order by q.priority, q.run_at, q.id
  limit p_n * 8
), ranked as materialized (
  select c.*,
    row_number() over (partition by c.lane order by c.priority, c.run_at, c.id) as lane_rank,
    row_number() over (partition by c.tenant order by c.priority, c.run_at, c.id) as tenant_rank
  from considered c
), picked as materialized (
  select q.id from prov.jobs q join ranked k on k.id = q.id
  where q.state = 'queued' and k.lane_rank = 1
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

-- Whether the caller still holds the job; locks it until the end of the transaction, so that the answer
-- stays true for the writes that follow.
create function prov.holds(p_job bigint, p_fence bigint) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  perform 1 from prov.jobs where id = p_job and fence = p_fence and state = 'running' for no key update;
  return found;
end $$;

-- Prolongs leases. A job that is missing in the answer is lost.
create function prov.heartbeat(p_ids bigint[], p_fences bigint[], p_ttl interval)
returns table (id bigint, cancel boolean) language sql volatile set search_path = '' as $$
  update prov.jobs j set lease_until = now() + p_ttl
  from unnest(p_ids, p_fences) as h (id, fence)
  where j.id = h.id and j.fence = h.fence and j.state = 'running'
  returning j.id, j.cancel_at is not null
$$;

-- Moves a job to the history, and with it dead ones that its end makes pointless.
create function prov.finish(p_job bigint, p_fence bigint, p_outcome text, p_error jsonb default null)
returns boolean language sql volatile set search_path = '' as $$
with ended as (
  delete from prov.jobs j where j.id = p_job and j.fence = p_fence and j.state = 'running' returning j.*
), outlived as (
  delete from prov.jobs j using ended e
  where p_outcome = 'done' and j.state = 'dead' and j.lane = e.lane and j.merge_key = e.merge_key
    and j.want_gen <= e.want_gen
  returning j.*
), kept as (
  insert into prov.job_history (id, lane, tenant, kind, class, outcome, attempt, crashes, fence, want_gen,
    created_at, claimed_at, error)
  select id, lane, tenant, kind, class, p_outcome, attempt, crashes, fence, want_gen, created_at, claimed_at,
    p_error from ended
  union all
  select id, lane, tenant, kind, class, 'superseded', attempt, crashes, fence, want_gen, created_at,
    claimed_at, last_error from outlived
  returning id
)
select exists (select 1 from kept where id = p_job)
$$;

-- Puts a running job back: a retry, a snooze, a hand-back at shutdown. A waiting twin absorbs it. Answers
-- `queued`, `merged`, `dead` or, when the caller holds it no more, `stale`.
create function prov.requeue(p_job bigint, p_fence bigint, p_delay interval, p_refund boolean, p_error jsonb)
returns text language plpgsql volatile set search_path = '' as $$
declare
  me prov.jobs;
  twin bigint;
  answer text;
begin
  select * into me from prov.jobs
    where id = p_job and fence = p_fence and state = 'running' for update;
  if not found then
    return 'stale';
  end if;
  if me.cancel_at is not null then
    perform prov.finish(p_job, p_fence, 'cancelled', p_error);
    return 'cancelled';
  end if;
  -- A twin may appear between the look and the update; then the index refuses and we look again.
  for i in 1 .. 5 loop
    select id into twin from prov.jobs
      where lane = me.lane and merge_key = me.merge_key and state = 'queued' for update;
    if found then
      update prov.jobs j set
        attempt = case when p_refund or j.want_gen > me.want_gen then j.attempt
                       else greatest(j.attempt, me.attempt) end,
        crashes = case when j.want_gen > me.want_gen then j.crashes else greatest(j.crashes, me.crashes) end,
        last_error = coalesce(p_error, j.last_error),
        run_at = case when j.want_gen > me.want_gen then j.run_at
                      else greatest(j.run_at, now() + p_delay) end,
        want_gen = greatest(j.want_gen, me.want_gen)
      where j.id = twin;
      perform prov.finish(p_job, p_fence, 'superseded', p_error);
      return 'merged';
    end if;
    begin
      update prov.jobs j set
        state = case when not p_refund and j.attempt >= j.max_attempts then 'dead' else 'queued' end,
        attempt = j.attempt - p_refund::integer, run_at = now() + p_delay, worker = null,
        lease_until = null, last_error = coalesce(p_error, j.last_error)
      where j.id = p_job
      returning j.state into answer;
      return answer;
    exception when unique_violation then null;
    end;
  end loop;
  raise exception 'job % finds no place in its lane', p_job using errcode = 'serialization_failure';
end $$;

-- Ends a job that can never work, such as one whose payload cannot be read. Dead jobs wait for a person.
create function prov.bury(p_job bigint, p_fence bigint, p_error jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  update prov.jobs j set state = 'dead', worker = null, lease_until = null, last_error = p_error
  where j.id = p_job and j.fence = p_fence and j.state = 'running';
  return found;
end $$;

-- Takes back jobs whose lease ran out. Three crashes and a job is dead, whatever attempts are left.
create function prov.sweep(p_limit integer) returns table (id bigint, outcome text)
language plpgsql volatile set search_path = '' as $$
declare
  lost record;
begin
  for lost in
    select j.id, j.fence, j.crashes from prov.jobs j
    where j.state = 'running' and j.lease_until < now()
    order by j.id limit p_limit for update skip locked
  loop
    id := lost.id;
    if lost.crashes + 1 >= 3 then
      update prov.jobs j set crashes = j.crashes + 1, state = 'dead', worker = null, lease_until = null,
        last_error = '{"class": "poison", "message": "the lease ran out three times"}'
      where j.id = lost.id;
      outcome := 'dead';
    else
      update prov.jobs j set crashes = j.crashes + 1 where j.id = lost.id;
      outcome := prov.requeue(lost.id, lost.fence, make_interval(secs => 5 * power(4, lost.crashes)), true,
        '{"class": "lease_expired"}');
    end if;
    return next;
  end loop;
end $$;

-- Lets the leases of a worker that is known to be gone run out at once; the sweep does the rest.
create function prov.abandon(p_worker uuid) returns bigint
language sql volatile set search_path = '' as $$
  with gone as (
    update prov.jobs j set lease_until = now() - interval '1 second'
    where j.worker = p_worker and j.state = 'running' returning 1
  )
  select count(*) from gone
$$;

-- Takes a job back that has not begun (true), or asks the running one to stop between two steps.
create function prov.cancel(p_job bigint) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  with taken as (
    delete from prov.jobs j where j.id = p_job and j.state in ('queued', 'dead') returning j.*
  )
  insert into prov.job_history (id, lane, tenant, kind, class, outcome, attempt, crashes, fence, want_gen,
    created_at, claimed_at, error)
  select id, lane, tenant, kind, class, case when state = 'dead' then 'discarded' else 'cancelled' end,
    attempt, crashes, fence, want_gen, created_at, claimed_at, last_error from taken;
  if found then
    return true;
  end if;
  update prov.jobs j set cancel_at = now() where j.id = p_job and j.state = 'running';
  perform pg_notify('prov_job', 'cancel');
  return false;
end $$;

-- Finds what should have a job and has none, and gives it one. Normally finds nothing.
create function prov.enqueue_lost() returns table (instances integer, events integer)
language plpgsql volatile set search_path = '' as $$
begin
  select count(prov.enqueue_instance(i.id)) into instances
  from public.instances i
  where (i.desired_gen > i.observed_gen or i.status_deadline < now())
    and i.updated_at < now() - interval '5 seconds'
    and not exists (select 1 from prov.jobs j where j.lane = 'instance:' || i.id);
  -- An event of a customer whom we did not know waits for the account that turns out to own it.
  select count(prov.enqueue_stripe_event(e.id)) into events
  from public.webhook_events e
  where e.processed_at is null and e.received_at < now() - interval '5 seconds'
    and (e.outcome is null or (e.outcome = 'unknown_customer'
      and exists (select 1 from public.accounts a where a.stripe_customer_id = e.customer_id)))
    and not exists (select 1 from prov.jobs j where j.kind = 'stripe-event' and j.merge_key = e.id);
  return next;
end $$;

-- Figures of the queue, from the small table only.
create function prov.depth() returns table (class smallint, state text, jobs bigint, oldest_s double precision)
language sql stable set search_path = '' as $$
  select j.class, j.state, count(*),
    coalesce(extract(epoch from now() - min(case when j.state = 'queued' then j.run_at else j.claimed_at end)), 0)
  from prov.jobs j where j.state <> 'queued' or j.run_at <= now()
  group by j.class, j.state
$$;

------------------------------------------------------------------------------------------------------------
-- What the daemon saw of an instance

-- Writes an observation. Only the keys that p_seen has are written: status, reason, deadline_s (seconds until
-- a transitional status must have ended), observed_gen, observed_restart_gen, internal_urls,
-- owner_matrix_id, mindroom_version, synapse_version, notice.
create function prov.write_observation(p_fence bigint, p_instance uuid, p_seen jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  was public.instances;
  is_new boolean;
begin
  select * into was from public.instances i where i.id = p_instance and i.fence <= p_fence for update;
  if not found then
    return false;
  end if;
  is_new := p_seen ? 'status' and p_seen ->> 'status' is distinct from was.status;
  update public.instances i set
    fence = p_fence,
    status = coalesce(p_seen ->> 'status', i.status),
    status_reason = case when p_seen ? 'reason' then p_seen ->> 'reason' else i.status_reason end,
    status_since = case when is_new then now() else i.status_since end,
    status_deadline = case when is_new then now() + make_interval(secs => (p_seen ->> 'deadline_s')::float8)
                           else i.status_deadline end,
    observed_gen = greatest(i.observed_gen, (p_seen ->> 'observed_gen')::bigint),
    observed_restart_gen = greatest(i.observed_restart_gen, (p_seen ->> 'observed_restart_gen')::integer),
    internal_urls = coalesce(p_seen -> 'internal_urls', i.internal_urls),
    owner_matrix_id = coalesce(p_seen ->> 'owner_matrix_id', i.owner_matrix_id),
    mindroom_version = case when p_seen ? 'mindroom_version' then p_seen ->> 'mindroom_version'
                            else i.mindroom_version end,
    synapse_version = coalesce(p_seen ->> 'synapse_version', i.synapse_version),
    notice = case when p_seen ? 'notice' then p_seen ->> 'notice' else i.notice end,
    deprovisioned_at = case when p_seen ->> 'status' = 'deprovisioned' then coalesce(i.deprovisioned_at, now())
                            else i.deprovisioned_at end
  where i.id = p_instance;
  if p_seen ->> 'status' = 'deprovisioned' then
    delete from public.instance_secrets s where s.instance = p_instance;
  end if;
  if is_new then
    insert into public.instance_events (account_id, instance, kind, name, detail)
    values (was.account_id, p_instance, 'status', p_seen ->> 'status', p_seen ->> 'reason');
  end if;
  return true;
end $$;

create function prov.observe(p_job bigint, p_fence bigint, p_instance uuid, p_seen jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  return prov.holds(p_job, p_fence) and prov.write_observation(p_fence, p_instance, p_seen);
end $$;

-- An observation and the end of its job, both or neither.
create function prov.finish_observed(p_job bigint, p_fence bigint, p_outcome text, p_error jsonb,
  p_instance uuid, p_seen jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  return prov.holds(p_job, p_fence)
    and prov.write_observation(p_fence, p_instance, p_seen)
    and prov.finish(p_job, p_fence, p_outcome, p_error);
end $$;

-- The steps that the customer will see for a generation: [{name, title}]. Called again for the same
-- generation it keeps what was already done.
create function prov.plan_steps(p_job bigint, p_fence bigint, p_instance uuid, p_gen bigint, p_steps jsonb)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  listed jsonb;
begin
  if not prov.holds(p_job, p_fence) then
    return null;
  end if;
  update public.instances i set
    progress_gen = p_gen,
    fence = p_fence,
    progress = (
      select coalesce(jsonb_agg(coalesce(old.step, s.step || '{"state": "pending"}') order by s.place), '[]')
      from jsonb_array_elements(p_steps) with ordinality as s (step, place)
      left join lateral (
        select o.step from jsonb_array_elements(i.progress) as o (step)
        where i.progress_gen = p_gen and o.step ->> 'name' = s.step ->> 'name' limit 1
      ) old on true)
  where i.id = p_instance and i.fence <= p_fence
  returning i.progress into listed;
  return listed;
end $$;

-- A step began (`running`), ended (`done`) or did not work (`failed`).
create function prov.record_step(p_job bigint, p_fence bigint, p_instance uuid, p_name text, p_state text,
  p_detail text default null) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  stamp text := to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  change jsonb;
  account uuid;
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  change := jsonb_build_object('state', p_state) || case p_state
    when 'running' then jsonb_build_object('started_at', stamp, 'finished_at', null)
    else jsonb_build_object('finished_at', stamp) end;
  update public.instances i set
    fence = p_fence,
    progress = (
      select coalesce(jsonb_agg(case when s.step ->> 'name' = p_name then s.step || change else s.step end
        order by s.place), '[]')
      from jsonb_array_elements(i.progress) with ordinality as s (step, place))
  where i.id = p_instance and i.fence <= p_fence
  returning i.account_id into account;
  if not found then
    return false;
  end if;
  insert into public.instance_events (account_id, instance, kind, name, state, detail)
  values (account, p_instance, 'step', p_name,
    case p_state when 'running' then 'started' else p_state end, p_detail);
  return true;
end $$;

-- A secret that is made once: whoever comes second gets the first one's. Null when the job is lost.
create function prov.keep_secret(p_job bigint, p_fence bigint, p_instance uuid, p_name text, p_value text)
returns text language plpgsql volatile set search_path = '' as $$
declare
  kept text;
begin
  if not prov.holds(p_job, p_fence) then
    return null;
  end if;
  insert into public.instance_secrets (instance, name, value) values (p_instance, p_name, p_value)
  on conflict (instance, name) do nothing;
  select s.value into kept from public.instance_secrets s where s.instance = p_instance and s.name = p_name;
  return kept;
end $$;

-- A dead job leaves its instance with a reason instead of in a transitional status for ever.
create function prov.tell_instance_of_dead_job() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform prov.write_observation(new.fence, (new.payload ->> 'instance')::uuid, jsonb_build_object(
    'status', 'error',
    'reason', 'Something went wrong again and again. Please try again later or contact support.'));
  return new;
end $$;
create trigger jobs_dead_instance after update of state on prov.jobs
  for each row when (new.state = 'dead' and old.state <> 'dead' and new.kind = 'reconcile-instance')
  execute function prov.tell_instance_of_dead_job();

------------------------------------------------------------------------------------------------------------
-- What the daemon read from Stripe

-- One subscription as Stripe shows it. p_read_at is when the read began: an older one changes nothing.
create function prov.save_subscription(p_event text, p_account uuid, p_read_at timestamptz, s jsonb)
returns void language plpgsql volatile set search_path = '' as $$
declare
  was record;
  saved uuid;
begin
  select status, tier into was from public.subscriptions
    where stripe_subscription_id = s ->> 'stripe_subscription_id';
  insert into public.subscriptions as t (account_id, tier, billing_cycle, status, stripe_subscription_id,
    stripe_price_id, max_agents, max_messages_per_day, max_storage_gb, trial_ends_at, current_period_start,
    current_period_end, cancel_at_period_end, cancelled_at, synced_at)
  values (p_account, s ->> 'tier', s ->> 'billing_cycle', s ->> 'status', s ->> 'stripe_subscription_id',
    s ->> 'stripe_price_id', (s ->> 'max_agents')::integer, (s ->> 'max_messages_per_day')::integer,
    (s ->> 'max_storage_gb')::integer, to_timestamp((s ->> 'trial_end')::float8),
    to_timestamp((s ->> 'period_start')::float8), to_timestamp((s ->> 'period_end')::float8),
    (s ->> 'cancel_at_period_end')::boolean, to_timestamp((s ->> 'cancelled')::float8), p_read_at)
  on conflict (stripe_subscription_id) do update set
    tier = excluded.tier, billing_cycle = excluded.billing_cycle, status = excluded.status,
    stripe_price_id = excluded.stripe_price_id, max_agents = excluded.max_agents,
    max_messages_per_day = excluded.max_messages_per_day, max_storage_gb = excluded.max_storage_gb,
    trial_ends_at = excluded.trial_ends_at, current_period_start = excluded.current_period_start,
    current_period_end = excluded.current_period_end, cancel_at_period_end = excluded.cancel_at_period_end,
    cancelled_at = excluded.cancelled_at, synced_at = excluded.synced_at
  where t.account_id = excluded.account_id and (t.synced_at is null or t.synced_at <= excluded.synced_at)
  returning t.id into saved;
  if saved is not null and (was.status is distinct from s ->> 'status' or was.tier is distinct from s ->> 'tier') then
    insert into public.audit_logs (account_id, actor_type, actor_id, action, resource_type, resource_id, details)
    values (p_account, 'stripe', p_event, 'subscription_synced', 'subscription', saved::text,
      jsonb_build_object('status', s ->> 'status', 'status_before', was.status,
                         'tier', s ->> 'tier', 'tier_before', was.tier));
  end if;
end $$;

-- One invoice as Stripe shows it.
create function prov.save_payment(p_account uuid, p_read_at timestamptz, p jsonb) returns void
language sql volatile set search_path = '' as $$
  insert into public.payments as t (account_id, stripe_invoice_id, stripe_subscription_id, number, status,
    amount_due, amount_paid, currency, hosted_invoice_url, created_at, synced_at)
  values (p_account, p ->> 'stripe_invoice_id', p ->> 'stripe_subscription_id', p ->> 'number', p ->> 'status',
    (p ->> 'amount_due')::bigint, (p ->> 'amount_paid')::bigint, p ->> 'currency', p ->> 'hosted_invoice_url',
    to_timestamp((p ->> 'created')::float8), p_read_at)
  on conflict (stripe_invoice_id) do update set
    stripe_subscription_id = excluded.stripe_subscription_id, number = excluded.number,
    status = excluded.status, amount_due = excluded.amount_due, amount_paid = excluded.amount_paid,
    currency = excluded.currency, hosted_invoice_url = excluded.hosted_invoice_url,
    synced_at = excluded.synced_at
  where t.account_id = excluded.account_id and t.synced_at <= excluded.synced_at
$$;

-- What an event led to and the end of its job, both or neither. p_seen: {account, read_at,
-- subscription?, payment?, checkout_session?: {id, status}}. A parked event keeps processed_at empty.
create function prov.finish_stripe_event(p_job bigint, p_fence bigint, p_event text, p_outcome text,
  p_parked boolean, p_seen jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  account uuid := (p_seen ->> 'account')::uuid;
  read_at timestamptz := (p_seen ->> 'read_at')::timestamptz;
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  if p_seen -> 'subscription' is not null then
    perform prov.save_subscription(p_event, account, read_at, p_seen -> 'subscription');
  end if;
  if p_seen -> 'payment' is not null then
    perform prov.save_payment(account, read_at, p_seen -> 'payment');
  end if;
  update public.checkout_sessions c set status = p_seen -> 'checkout_session' ->> 'status'
    where c.stripe_session_id = p_seen -> 'checkout_session' ->> 'id' and c.account_id = account
      and c.status = 'open';
  update public.webhook_events e set
    processed_at = case when p_parked then null else now() end,
    outcome = p_outcome,
    account_id = coalesce(e.account_id, account)
  where e.id = p_event;
  return prov.finish(p_job, p_fence, case when p_parked then 'blocked' else 'done' end,
    case when p_parked then jsonb_build_object('class', 'permanent', 'message', p_outcome) end);
end $$;

------------------------------------------------------------------------------------------------------------
-- Who may call what. No table of prov is open to the functions' role.
revoke all on all functions in schema prov from public;
grant usage on schema prov to mindroom_functions;
grant execute on function prov.ring(integer), prov.enqueue_instance(uuid, interval), prov.enqueue_stripe_event(text),
  prov.job_of_instance(uuid) to mindroom_functions;
grant execute on all functions in schema prov to mindroom_daemon;
grant select, insert, update, delete on prov.jobs, prov.job_history to mindroom_daemon;
grant usage on sequence prov.fence_seq to mindroom_daemon;
