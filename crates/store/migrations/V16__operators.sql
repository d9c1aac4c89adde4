-- What operators see and do: jobs of the queue, of its history and of its failures in one list, retry, cancel and
-- discard; figures of the platform for people and for machines; and an account's own jobs.

------------------------------------------------------------------------------------------------------------
-- Jobs are read under the same wall as everything else: an account sees its own, an admin or a machine all. A
-- partition alone has no policy and no grant; it is read through its table.
do $$
declare name text;
begin
  foreach name in array array['jobs', 'job_history', 'job_failures'] loop
    execute format('create policy functions on prov.%I for select to mindroom_functions '
      'using (tenant = (select api.current_account()) or (select api.sees_all()))', name);
    execute format('grant select on prov.%I to mindroom_functions', name);
  end loop;
end $$;

-- The newest ends of each kind first, and one job by its number; the rest of both tables is read by lane.
create index job_history_ends on prov.job_history (outcome, id desc);
create index job_failures_ends on prov.job_failures (outcome, id desc);

-- Each job once: as it stands, or how it ended. An end that somebody may want to look into is read from the table
-- that keeps it longer; a death there is no end, since the job itself is still in the queue or has another one.
create view api.queued_jobs with (security_invoker = true) as
  select id, lane, tenant, kind, class, state, attempt, crashes, run_at, created_at, claimed_at,
    null::timestamptz as finished_at, last_error as error, traceparent, cancel_at is not null as stopping
  from prov.jobs;
create view api.ended_jobs with (security_invoker = true) as
  select id, lane, tenant, kind, class, outcome as state, attempt, crashes, null::timestamptz as run_at, created_at,
    claimed_at, finished_at, error, traceparent, false as stopping
  from prov.job_history where outcome <> 'blocked' and outcome <> 'discarded';
create view api.failed_jobs with (security_invoker = true) as
  select id, lane, tenant, kind, class, outcome as state, attempt, crashes, null::timestamptz as run_at, created_at,
    claimed_at, finished_at, error, traceparent, false as stopping
  from prov.job_failures where outcome <> 'dead';
create view api.all_jobs with (security_invoker = true) as
  select * from api.queued_jobs union all select * from api.ended_jobs union all select * from api.failed_jobs;
grant select on api.queued_jobs, api.ended_jobs, api.failed_jobs, api.all_jobs to mindroom_functions;

-- One job by its number; null when there is none that the caller sees. State by state, so that each look is one in an
-- index: the history's begins with the outcome.
create function api.find_job(p_job bigint) returns api.all_jobs
language sql stable set search_path = '' as $$
  select v from unnest(array['queued', 'running', 'dead', 'done', 'superseded', 'cancelled', 'blocked', 'discarded'])
    as s (state) cross join lateral (select v from api.all_jobs v where v.state = s.state and v.id = p_job limit 1) v
  limit 1
$$;

-- The instance that a job's lane is, or null: other lanes are customers and clocks.
create function api.instance_of_lane(p_lane text) returns uuid
language sql immutable set search_path = '' as $$
  select case when p_lane ~ '^instance:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(p_lane, 10)::uuid end
$$;

-- A job as operators see it, with its error and what can be done with it.
create function api.operated_job_json(j api.all_jobs) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', j.id, 'lane', j.lane, 'kind', j.kind,
    'class', (array['interactive', 'bulk', 'checks'])[j.class + 1], 'state', j.state,
    'attempt', j.attempt, 'crashes', j.crashes, 'account_id', j.tenant, 'account_email', a.email,
    'instance_id', i.instance_id, 'subdomain', i.subdomain, 'created_at', j.created_at, 'run_at', j.run_at,
    'claimed_at', j.claimed_at, 'finished_at', j.finished_at,
    'error', case when j.error is not null then jsonb_build_object('class', coalesce(j.error ->> 'class', 'unknown'),
      'message', left(j.error ->> 'message', 2000)) end,
    'trace_id', nullif(split_part(j.traceparent, '-', 2), ''),
    'actions', case
      when j.state = 'dead' then '["retry", "discard"]'::jsonb
      when j.state in ('queued', 'running') and not j.stopping then '["cancel"]'
      else '[]' end)
  from (select) one
  left join accounts a on a.id = j.tenant
  left join instances i on i.id = api.instance_of_lane(j.lane)
$$;

-- Lanes of the instances and customers that a text is found in: the instance's name and subdomain, the account's
-- address, the customer's id; or the lane itself. Of each at most 1,000.
create function api.lanes_of(p_text text) returns text[]
language sql stable set search_path = public, pg_temp as $$
  with sought (pattern) as (select '%' || regexp_replace(p_text, '([\\%_])', '\\\1', 'g') || '%')
  select array_agg(lane) from (
    (select 'instance:' || i.id as lane from sought, instances i join accounts a on a.id = i.account_id
      where concat_ws(' ', i.subdomain, i.name, a.email) ilike pattern order by i.created_at desc limit 1000)
    union
    (select 'stripe:' || a.stripe_customer_id from sought, accounts a
      where a.stripe_customer_id is not null and concat_ws(' ', a.email, a.stripe_customer_id) ilike pattern
      order by a.created_at desc limit 1000)
    union
    select p_text) found
$$;

-- The list is bounded: of each state the newest 10,000 jobs are looked at, by index, and only those are counted and
-- sorted; with `q` the newest of the lanes that it finds. More is no list that anybody reads, and the history of a
-- busy fortnight must not be sorted for a page of it. Each of the views by itself, since the planner takes a union
-- whose parts have conditions for one heap without an order.
create function api.admin_jobs(p_call jsonb, p_page jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  sort constant text := api.order_by(p_page ->> 'sort', p_page ->> 'order',
    array['created_at', 'id', 'kind', 'state', 'attempt']);
  states constant text[] := case when p_page ->> 'state' is null then array['queued', 'running', 'dead', 'done',
      'superseded', 'cancelled', 'blocked', 'discarded'] else array[p_page ->> 'state'] end;
  newest constant text := (select string_agg(format($q$
    (select row(v.*)::api.all_jobs as job from api.%I v
     where v.state = s.state and ($2 is null or v.lane = any ($2)) order by v.id desc limit 10000)$q$, name), ' union all ')
    from unnest(array['queued_jobs', 'ended_jobs', 'failed_jobs']) as views (name));
  lanes text[];
  answer jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  if sort is null then return entered || api.refusal('unknown_sort'); end if;
  if p_page ->> 'q' is not null then lanes := api.lanes_of(p_page ->> 'q'); end if;
  execute format($q$
    with considered as materialized (
      select n.job from unnest($1) as s (state) cross join lateral (%s) n
    ), matching as (
      select (c.job).*, c.job from considered c where $3 is null or (c.job).kind = $3
    ), page as (
      select m.job, row_number() over (order by %s, m.id) as place from matching m
      order by place offset $4 limit $5
    )
    select jsonb_build_object('total', (select count(*) from matching),
      'data', (select coalesce(jsonb_agg(api.operated_job_json(p.job) order by p.place), '[]') from page p))
    $q$, newest, sort)
  into answer
  using states, lanes, p_page ->> 'kind', (p_page ->> 'start')::bigint, (p_page ->> 'limit')::bigint;
  return entered || jsonb_build_object('data', answer);
end $$;

create function api.admin_job(p_call jsonb, p_job bigint) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  job api.all_jobs;
begin
  if entered ? 'refusal' then return entered; end if;
  job := api.find_job(p_job);
  if job.id is null then return entered || api.refusal('job_not_found'); end if;
  return entered || jsonb_build_object('data', api.operated_job_json(job));
end $$;

------------------------------------------------------------------------------------------------------------
-- Retry, cancel, discard

-- What an account may take back: the start of its own instance. A stop may be somebody else's wish for it, a
-- deletion has its own grace, and what Stripe told us is nobody's to ignore.
create function api.may_cancel(p_tenant uuid, p_kind text, p_lane text) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select p_kind = 'reconcile-instance' and exists (select 1 from instances i
    where i.id = api.instance_of_lane(p_lane) and i.account_id = p_tenant and i.desired_state = 'running')
$$;

-- What the functions may do with the queue: everything for an admin or a machine, else what the account may take back.
-- Answers what became of the job (`queued`, `merged`, `cancelled`, `asked`, `discarded`), or null when that is not to
-- be done with it as it stands now. Definer: no table of the queue is the functions' to write.
create function prov.by_hand(p_job bigint, p_action text) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  job prov.jobs;
  became text;
begin
  -- locked, so that it is still so when it is done
  select * into job from prov.jobs j where j.id = p_job for update;
  if not found or not (api.sees_all() or p_action = 'cancel' and coalesce(job.tenant = api.current_account()
      and api.may_cancel(job.tenant, job.kind, job.lane), false)) then
    return null;
  end if;
  if p_action = 'retry' then
    return prov.retry_dead(p_job);
  elsif p_action = 'discard' then
    return case when prov.discard(p_job) then 'discarded' end;
  elsif p_action = 'cancel' then
    became := prov.cancel(p_job);
    return case when became <> 'dead' then became end;
  end if;
  raise exception 'there is no action %', p_action;
end $$;

create function api.admin_job_by_hand(p_call jsonb, p_job bigint, p_action text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  became text;
  job api.all_jobs;
begin
  if entered ? 'refusal' then return entered; end if;
  became := prov.by_hand(p_job, p_action);
  job := api.find_job(p_job);
  if job.id is null then return entered || api.refusal('job_not_found'); end if;
  if became is null then
    return entered || api.refusal(case when p_action = 'cancel' then 'job_not_cancellable' else 'job_not_dead' end,
      jsonb_build_object('state', job.state));
  end if;
  perform api.audit(p_call, 'admin', job.tenant, 'job.' || p_action, 'job', p_job::text,
    jsonb_build_object('kind', job.kind, 'lane', job.lane, 'became', became));
  return entered || jsonb_build_object('data', api.operated_job_json(job));
end $$;

-- The reason is now true of whoever took the job away.
create or replace function prov.remember(j prov.jobs, p_outcome text, p_error jsonb) returns void
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
    perform prov.give_up_instance(j, 'This was cancelled. Start it to try again, or contact support.');
  end if;
end $$;

------------------------------------------------------------------------------------------------------------
-- An account's own jobs

-- How many jobs of its class are due before a waiting one, at most 1,000 counted; null when it does not wait or its
-- time has not come. Definer: others' jobs count too, and nothing else is told of them.
create function prov.jobs_before(p_job bigint) returns bigint
language sql stable security definer set search_path = '' as $$
  select (select count(*) from (
      select 1 from prov.jobs b where b.state = 'queued' and b.class = me.class
        and (b.priority, b.run_at, b.id) < (me.priority, me.run_at, me.id) limit 1000) before)
  from prov.jobs me where me.id = p_job and me.state = 'queued' and me.run_at <= now()
$$;

create function api.my_job_json(j api.all_jobs) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', j.id, 'kind', j.kind, 'state', j.state, 'attempt', j.attempt,
    'instance_id', (select i.instance_id from instances i where i.id = api.instance_of_lane(j.lane)),
    'position', prov.jobs_before(j.id) + 1, 'created_at', j.created_at, 'finished_at', j.finished_at,
    'stopping', j.stopping,
    'can_be_cancelled', j.state in ('queued', 'running') and not j.stopping
      and api.may_cancel(j.tenant, j.kind, j.lane))
$$;

create function api.my_job(p_call jsonb, p_job bigint) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  job api.all_jobs;
begin
  if entered ? 'refusal' then return entered; end if;
  job := api.find_job(p_job);
  if job.id is null or job.tenant is distinct from (p_call ->> 'sub')::uuid then
    return entered || api.refusal('job_not_found');
  end if;
  return entered || jsonb_build_object('data', api.my_job_json(job));
end $$;

create function api.cancel_my_job(p_call jsonb, p_job bigint) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  became text;
  job api.all_jobs;
begin
  if entered ? 'refusal' then return entered; end if;
  became := prov.by_hand(p_job, 'cancel');
  job := api.find_job(p_job);
  if job.id is null or job.tenant is distinct from caller then return entered || api.refusal('job_not_found'); end if;
  if became is null then
    return entered || api.refusal('job_not_cancellable', jsonb_build_object('state', job.state));
  end if;
  perform api.audit(p_call, 'account', caller, 'job.cancel', 'job', p_job::text,
    jsonb_build_object('kind', job.kind, 'became', became));
  return entered || jsonb_build_object('data', api.my_job_json(job));
end $$;

------------------------------------------------------------------------------------------------------------
-- Figures. What fails here fails the request: zeros would say that all is well.

-- How many rows there are of each word, as an object.
create function api.tally(p_words text[]) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_object_agg(word, n), '{}')
  from (select word, count(*) as n from unnest(p_words) as w (word) group by word) counted
$$;

-- p_prices: {currency, plan: {monthly, yearly}} in minor units. What is paid for counts with its price for a month, a year's as a
-- twelfth of it; what is on trial apart. A plan without a price (by agreement) is counted, not summed.
create function api.admin_stats(p_call jsonb, p_prices jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  revenue jsonb;
  activity jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  with priced as (
    select s.status = 'trialing' as on_trial, case s.billing_cycle
        when 'monthly' then (p_prices -> s.tier ->> 'monthly')::numeric
        when 'yearly' then (p_prices -> s.tier ->> 'yearly')::numeric / 12 end as monthly
    from subscriptions s where s.tier <> 'free' and s.status in ('active', 'past_due', 'trialing')
  )
  select jsonb_build_object(
    'currency', p_prices ->> 'currency',
    'amount', coalesce(round(sum(monthly) filter (where not on_trial)), 0),
    'on_trial', coalesce(round(sum(monthly) filter (where on_trial)), 0),
    'without_price', count(*) filter (where monthly is null))
  into revenue from priced;
  -- what admins only read is left out; past the newest 1,000 entries nobody looks for it
  select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'created_at', l.created_at, 'actor_type', l.actor_type,
      'actor_id', l.actor_id, 'action', l.action, 'resource_type', l.resource_type, 'resource_id', l.resource_id,
      'account_id', l.account_id) order by l.id desc), '[]')
  into activity
  from (select * from (select * from audit_logs order by id desc limit 1000) newest
        where newest.action !~ '^[A-Z]+ /' order by newest.id desc limit 20) l;
  return entered || jsonb_build_object('data', jsonb_build_object(
    'accounts', (select count(*) from accounts),
    'active_subscriptions', (select count(*) from subscriptions s where s.status = 'active' and s.tier <> 'free'),
    'running_instances', (select count(*) from instances i where i.status = 'running'),
    'accounts_by_status', (select api.tally(array_agg(a.status)) from accounts a),
    'instances_by_status', (select api.tally(array_agg(i.status)) from instances i),
    'subscriptions_by_status', (select api.tally(array_agg(s.status)) from subscriptions s),
    'subscriptions_by_tier', (select api.tally(array_agg(s.tier)) from subscriptions s
      where api.access_of(s.status) <> 'none'),
    'monthly_revenue', revenue,
    'jobs_by_state', (select api.tally(array_agg(j.state)) from prov.jobs j),
    'webhook_events_waiting', (select count(*) from webhook_events e where e.processed_at is null),
    'recent_activity', activity));
end $$;

-- What the daemon's own metrics cannot say, since they end with it. No label names a tenant.
create function api.system_metrics(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', jsonb_build_object(
    'jobs', (select coalesce(jsonb_agg(to_jsonb(d)), '[]') from prov.depth() d),
    'instances', (select api.tally(array_agg(i.status)) from instances i),
    'overdue_instances', (select count(*) from instances i where i.status_deadline < now()),
    'missed_checks', (select jsonb_build_object('instances', count(*), 'most', coalesce(max(i.health_misses), 0))
      from instances i where i.desired_state = 'running' and i.health_misses > 0),
    -- settled, by the daemon's word, and yet not what was wished
    'drifted_instances', (select count(*) from instances i where i.observed_gen >= i.desired_gen
      and i.status_deadline is null
      and i.status <> case i.desired_state when 'deleted' then 'deprovisioned' else i.desired_state end),
    'webhook_events', (select jsonb_build_object(
        'waiting', count(*) filter (where e.outcome is null),
        'parked', count(*) filter (where e.outcome is not null),
        'oldest_s', coalesce(extract(epoch from now() - min(e.received_at) filter (where e.outcome is null)), 0))
      from webhook_events e where e.processed_at is null)));
end $$;

revoke all on function prov.by_hand(bigint, text), prov.jobs_before(bigint) from public;
grant execute on function prov.by_hand(bigint, text), prov.jobs_before(bigint), prov.depth(),
  api.find_job(bigint), api.instance_of_lane(text), api.operated_job_json(api.all_jobs), api.lanes_of(text),
  api.admin_jobs(jsonb, jsonb), api.admin_job(jsonb, bigint), api.may_cancel(uuid, text, text),
  api.admin_job_by_hand(jsonb, bigint, text), api.my_job_json(api.all_jobs), api.my_job(jsonb, bigint),
  api.cancel_my_job(jsonb, bigint), api.tally(text[]), api.admin_stats(jsonb, jsonb), api.system_metrics(jsonb)
  to mindroom_functions;
