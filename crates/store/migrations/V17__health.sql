-- Health: the history in partitions, repairs that are counted and end with a person, and what the owner sees of it.

------------------------------------------------------------------------------------------------------------
-- History: a row a minute and instance, kept for 90 days by dropping weeks. Without a foreign key, whose check would
-- lock all instances whenever a partition comes or goes.
alter table public.instance_health rename to instance_health_before;
alter sequence public.instance_health_id_seq rename to instance_health_before_id_seq;
alter index public.instance_health_instance rename to instance_health_before_instance;
create sequence public.instance_health_id_seq;
create table public.instance_health (
  id bigint not null default nextval('public.instance_health_id_seq'),
  instance uuid not null,
  checked_at timestamptz not null default now(),
  healthy boolean not null,
  latency_ms integer not null,
  detail text
) partition by range (checked_at);
alter sequence public.instance_health_id_seq owned by public.instance_health.id;
create index instance_health_instance on public.instance_health (instance, checked_at desc);
create table prov.instance_health_rest partition of public.instance_health default;
alter table public.instance_health enable row level security;
alter table prov.instance_health_rest enable row level security;
create policy functions on public.instance_health to mindroom_functions
  using (exists (select 1 from public.instances i where i.id = instance))
  with check (exists (select 1 from public.instances i where i.id = instance));
create policy daemon on public.instance_health to mindroom_daemon using (true) with check (true);
grant select, insert on public.instance_health to mindroom_functions;
grant usage on sequence public.instance_health_id_seq to mindroom_functions;
grant select on public.instance_health to mindroom_daemon;
insert into public.instance_health (id, instance, checked_at, healthy, latency_ms, detail)
select id, instance, checked_at, healthy, latency_ms, detail from public.instance_health_before;
select setval('public.instance_health_id_seq', greatest((select max(id) from public.instance_health), 1));
drop table public.instance_health_before;

-- What was seen of an instance goes with it.
create function public.forget_health() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.instance_health h where h.instance = old.id;
  return null;
end $$;
create trigger instances_forget_health after delete on public.instances
  for each row execute function public.forget_health();
revoke all on function public.forget_health() from public;

-- As before, also for a table elsewhere whose time is another column. Partitions are made in prov, where nobody else
-- has a right to what is new.
drop function prov.rotate(text, integer, integer, integer);
create function prov.rotate(p_table text, p_days integer, p_ahead integer, p_keep integer,
  p_schema text default 'prov', p_column text default 'finished_at') returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  span constant integer := p_days * 86400;
  parent constant regclass := to_regclass(format('%I.%I', p_schema, p_table));
  begins timestamptz;
  partition text;
  dropped integer := 0;
begin
  for begins in execute format(
      'select to_timestamp(floor(extract(epoch from now()) / $1) * $1 + n * $1) from generate_series(0, $2) n '
      'union select distinct to_timestamp(floor(extract(epoch from %I) / $1) * $1) from prov.%I',
      p_column, p_table || '_rest') using span, p_ahead
  loop
    partition := p_table || to_char(begins at time zone 'UTC', '"_"YYYYMMDD');
    continue when to_regclass('prov.' || quote_ident(partition)) is not null;
    -- Made apart and attached: CREATE … PARTITION OF would lock the whole table against everybody.
    execute format('create table prov.%I (like %s including all)', partition, parent);
    execute format('alter table prov.%I enable row level security', partition);
    execute format('with moved as (delete from prov.%I where %I >= %L and %I < %L '
      'returning *) insert into prov.%I select * from moved',
      p_table || '_rest', p_column, begins, p_column, begins + make_interval(secs => span), partition);
    execute format('alter table %s attach partition prov.%I for values from (%L) to (%L)',
      parent, partition, begins, begins + make_interval(secs => span));
  end loop;
  for partition in
    select c.relname from pg_catalog.pg_inherits h join pg_catalog.pg_class c on c.oid = h.inhrelid
    where h.inhparent = parent and c.relname ~ '_[0-9]{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') + p_days
        <= (now() at time zone 'UTC')::date - p_keep
  loop
    execute format('drop table prov.%I', partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

-- The queue's history for 14 days by the day, its failures and instances' health for 90 by the week.
create or replace function prov.rotate_history(p_every interval default '0') returns integer
language plpgsql volatile set search_path = '' as $$
begin
  if not prov.take_turn('history', p_every) then
    return null;
  end if;
  return prov.rotate('job_history', 1, 7, 14) + prov.rotate('job_failures', 7, 2, 90)
    + prov.rotate('instance_health', 7, 2, 90, 'public', 'checked_at');
end $$;

------------------------------------------------------------------------------------------------------------
-- Repairs
alter table public.instances
  add column repairs smallint not null default 0,   -- automatic ones in the trouble that is, or was last
  add column repaired_at timestamptz,               -- when the last one began
  add column attention_since timestamptz;           -- since when a person is asked to look; nothing is repaired meanwhile
create index instances_attention on public.instances (attention_since) where attention_since is not null;

-- As before, and: `attention` asks a person; `is_held` gives a status that waits for something outside its time anew.
-- Repairs count from 0 in a new trouble, but not when the one before ended less than ten minutes ago: a repair that
-- holds for a moment is none.
create or replace function prov.write_observation(p_fence bigint, p_instance uuid, p_seen jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  was public.instances;
  becomes constant text := p_seen ->> 'status';
  asks constant boolean := coalesce((p_seen ->> 'attention')::boolean, false);
  is_new boolean;
begin
  select * into was from public.instances i where i.id = p_instance and i.fence <= p_fence for update;
  if not found then
    return false;
  end if;
  is_new := p_seen ? 'status' and becomes is distinct from was.status;
  update public.instances i set
    fence = p_fence,
    status = coalesce(becomes, i.status),
    status_reason = case when p_seen ? 'reason' then p_seen ->> 'reason' else i.status_reason end,
    status_since = case when is_new then now() else i.status_since end,
    status_deadline = case when is_new or (p_seen ->> 'is_held')::boolean
      then now() + make_interval(secs => (p_seen ->> 'deadline_s')::float8) else i.status_deadline end,
    observed_gen = greatest(i.observed_gen, (p_seen ->> 'observed_gen')::bigint),
    observed_restart_gen = greatest(i.observed_restart_gen, (p_seen ->> 'observed_restart_gen')::integer),
    internal_urls = coalesce(p_seen -> 'internal_urls', i.internal_urls),
    owner_matrix_id = coalesce(p_seen ->> 'owner_matrix_id', i.owner_matrix_id),
    mindroom_version = case when p_seen ? 'mindroom_version' then p_seen ->> 'mindroom_version'
                            else i.mindroom_version end,
    synapse_version = coalesce(p_seen ->> 'synapse_version', i.synapse_version),
    notice = case when p_seen ? 'notice' then p_seen ->> 'notice' else i.notice end,
    deprovisioned_at = case when becomes = 'deprovisioned' then coalesce(i.deprovisioned_at, now())
                            else i.deprovisioned_at end,
    repairs = case
      when not is_new or becomes = 'error' or was.status = 'degraded' and becomes = 'running' then i.repairs
      when was.status = 'running' and becomes = 'degraded' and was.status_since > now() - interval '10 minutes'
        then i.repairs
      else 0 end,
    attention_since = case when asks then coalesce(i.attention_since, now()) when is_new then null
                           else i.attention_since end,
    -- from outside it is looked at as soon as it is said to run; of one that is down nothing is known
    next_check_at = case when is_new and becomes = 'running' then now() else i.next_check_at end,
    health = case when is_new and becomes in ('stopped', 'deprovisioned') then 'unknown' else i.health end,
    health_misses = case when is_new and becomes in ('stopped', 'deprovisioned') then 0 else i.health_misses end
  where i.id = p_instance;
  if becomes = 'deprovisioned' then
    delete from public.instance_secrets s where s.instance = p_instance;
  end if;
  if is_new then
    insert into public.instance_events (account_id, instance, kind, name, detail)
    values (was.account_id, p_instance, 'status', becomes, p_seen ->> 'reason');
  end if;
  if asks and was.attention_since is null then
    insert into public.instance_events (account_id, instance, kind, name, detail)
    values (was.account_id, p_instance, 'health', 'attention', p_seen ->> 'reason');
  end if;
  return true;
end $$;

-- An automatic repair has begun.
create function prov.record_repair(p_job bigint, p_fence bigint, p_instance uuid, p_detail text) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  account uuid;
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  update public.instances i set fence = p_fence, repairs = i.repairs + 1, repaired_at = now()
  where i.id = p_instance and i.fence <= p_fence
  returning i.account_id into account;
  if not found then
    return false;
  end if;
  insert into public.instance_events (account_id, instance, kind, name, detail)
  values (account, p_instance, 'health', 'repair', p_detail);
  return true;
end $$;

-- As before, with how many instances ask for a person.
create or replace function prov.figures(p_every interval) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  if prov.take_turn('figures', p_every) then
    update prov.chores c set result = jsonb_build_object(
      'depth', (select coalesce(jsonb_agg(to_jsonb(d)), '[]') from prov.depth() d),
      'oldest_transaction_s', (select coalesce(max(extract(epoch from now() - a.xact_start)), 0)
        from pg_catalog.pg_stat_activity a
        where a.datname = current_database() and a.backend_type = 'client backend'),
      'dead_tuples', pg_stat_get_dead_tuples('prov.jobs'::regclass),
      'notify_queue_usage', pg_notification_queue_usage(),
      'overdue_instances', (select count(*) from public.instances i where i.status_deadline < now()),
      'attention_instances', (select count(*) from public.instances i where i.attention_since is not null))
    where c.name = 'figures';
  end if;
  return (select c.result from prov.chores c where c.name = 'figures');
end $$;

------------------------------------------------------------------------------------------------------------
-- Checks from outside

-- As before, and also what asks for a person: it may answer again.
create or replace function api.claim_health_checks(p_call jsonb, p_limit integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
  taken jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  with due as materialized (
    select id from instances
    where desired_state = 'running' and (status in ('running', 'degraded') or attention_since is not null)
      and next_check_at <= now()
    order by next_check_at limit p_limit
    for update skip locked
  ), claimed as (
    update instances i set next_check_at = now() + interval '60 seconds' from due where i.id = due.id
    returning i.id, i.subdomain, i.internal_urls
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'internal_urls', internal_urls,
    'web_url', api.host_url(p_call ->> 'public_url', subdomain),
    'matrix_url', api.host_url(p_call ->> 'public_url', subdomain || '.matrix'))), '[]')
  into taken from claimed;
  if jsonb_array_length(taken) > 0 then
    perform api.audit(p_call || jsonb_build_object('key_name', entered ->> 'key_name'), 'system', null,
      'health.check', 'platform', null, jsonb_build_object('instances', jsonb_array_length(taken)));
  end if;
  return entered || jsonb_build_object('data', taken);
end $$;

-- As before; but what was seen of an instance that is no longer wished up says nothing, one that asks for a person
-- is not handed over for its misses, and is for its first answer.
create or replace function api.save_health_checks(p_call jsonb, p_results jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
  seen record;
  before_it text;
  now_it instances;
  handed integer := 0;
begin
  if entered ? 'refusal' then return entered; end if;
  for seen in select * from jsonb_to_recordset(p_results)
      as r (id uuid, healthy boolean, latency_ms integer, detail text) loop
    select health into before_it from instances where id = seen.id and desired_state = 'running' for update;
    continue when not found;
    insert into instance_health (instance, healthy, latency_ms, detail)
    values (seen.id, seen.healthy, seen.latency_ms, left(seen.detail, 300));
    update instances set health_checked_at = now(),
      health_misses = case when seen.healthy then 0 else health_misses + 1 end,
      health = case when seen.healthy then 'healthy' when health_misses >= 2 then 'unhealthy' else health end
    where id = seen.id returning * into now_it;
    if now_it.health is distinct from before_it then
      insert into instance_events (account_id, instance, kind, name, detail)
      values (now_it.account_id, now_it.id, 'health', now_it.health, null);
    end if;
    if (case when now_it.attention_since is null then not seen.healthy and now_it.health_misses % 3 = 0
        else seen.healthy end) then
      perform prov.enqueue_instance(now_it.id);
      handed := handed + 1;
    end if;
  end loop;
  return entered || jsonb_build_object('data', jsonb_build_object('handed_over', handed));
end $$;

------------------------------------------------------------------------------------------------------------
-- What the owner and operators see

-- The last 24 hours, the one under way last: how many checks there were in each and how many of them missed.
create function api.health_history(p_instance uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with hours (hour) as (
    select generate_series(this - interval '23 hours', this, interval '1 hour')
    from date_trunc('hour', now(), 'UTC') as this
  ), seen as (
    select date_trunc('hour', h.checked_at, 'UTC') as hour, count(*) as checks,
      count(*) filter (where not h.healthy) as misses
    from instance_health h
    where h.instance = p_instance and h.checked_at >= (select min(hour) from hours)
    group by 1
  )
  select jsonb_agg(jsonb_build_object('hour', hour, 'checks', coalesce(checks, 0), 'misses', coalesce(misses, 0))
    order by hour)
  from hours left join seen using (hour)
$$;

create or replace function api.status_hint(i public.instances) returns text
language sql stable set search_path = '' as $$
  select case
    when i.attention_since is not null then 'We were told and look into it. A restart may help sooner.'
    when i.status = 'provisioning' then 'The first start usually takes less than a minute.'
    when i.status = 'restarting' then 'It will be back shortly.'
    when i.status = 'stopping' then 'It is being stopped; its data is kept.'
    when i.status = 'stopped' then 'Start it whenever you like; its data is kept.'
    when i.status = 'degraded' then 'We are repairing it. A restart may help sooner.'
    when i.status = 'error' then 'Start it to try again, or delete it.'
    when i.status = 'unknown' then 'We cannot see it at present and keep looking.'
    when i.status = 'running' and i.health = 'unknown' then 'Waiting for the first health check.'
  end
$$;

create or replace function api.instance_json(i public.instances, p_public_url text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', i.id, 'instance_id', i.instance_id, 'account_id', i.account_id,
    'subscription_id', i.subscription_id, 'subdomain', i.subdomain, 'name', i.name, 'tier', i.tier,
    'desired_state', i.desired_state, 'status', i.status, 'status_reason', i.status_reason,
    'status_hint', api.status_hint(i), 'status_since', i.status_since, 'progress', i.progress,
    'frontend_url', api.host_url(p_public_url, i.subdomain),
    'backend_url', api.host_url(p_public_url, i.subdomain),
    'matrix_server_url', api.host_url(p_public_url, i.subdomain || '.matrix'),
    'owner_matrix_id', i.owner_matrix_id, 'health', i.health, 'health_checked_at', i.health_checked_at,
    'repairs', i.repairs, 'attention_since', i.attention_since,
    'mindroom_version', i.mindroom_version, 'synapse_version', i.synapse_version, 'notice', i.notice,
    'job', prov.job_of_instance(i.id), 'created_at', i.created_at, 'updated_at', i.updated_at)
$$;

-- As before, with the history.
create or replace function api.my_instance(p_call jsonb, p_instance_id integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  found_one instances;
  password text;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into found_one from instances i
  where i.instance_id = p_instance_id and i.account_id = (p_call ->> 'sub')::uuid;
  if not found then return entered || api.refusal('instance_not_found'); end if;
  select value into password from instance_secrets s
  where s.instance = found_one.id and s.name = 'owner_password';
  return entered || jsonb_build_object('data', api.instance_json(found_one, p_call ->> 'public_url')
    || jsonb_build_object('health_history', api.health_history(found_one.id))
    || case when password is null then '{}' else jsonb_build_object('owner_password', password) end);
end $$;

-- As before, with the instances that ask for a person.
create or replace function api.system_metrics(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', jsonb_build_object(
    'jobs', (select coalesce(jsonb_agg(to_jsonb(d)), '[]') from prov.depth() d),
    'instances', (select api.tally(array_agg(i.status)) from instances i),
    'overdue_instances', (select count(*) from instances i where i.status_deadline < now()),
    'attention_instances', (select count(*) from instances i where i.attention_since is not null),
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

revoke all on function prov.rotate(text, integer, integer, integer, text, text),
  prov.record_repair(bigint, bigint, uuid, text) from public;
grant execute on function prov.rotate(text, integer, integer, integer, text, text),
  prov.record_repair(bigint, bigint, uuid, text) to mindroom_daemon;
grant execute on function api.health_history(uuid) to mindroom_functions;

-- The history that there is already goes to partitions of its own.
select prov.rotate_history();
