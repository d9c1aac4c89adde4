-- All instances reconciled at once, when an admin or a machine asks for it; and what came of it the last time.

-- The last pass; one row.
create table prov.sync_pass (
  is_only boolean primary key default true check (is_only),
  begun_at timestamptz not null default now()
);
alter table prov.sync_pass enable row level security;

-- Its instances, as they were then, each with the job that looks after it.
create table prov.sync_pass_instances (
  instance uuid primary key references public.instances on delete cascade,
  job bigint not null,
  status text not null
);
alter table prov.sync_pass_instances enable row level security;

-- What came of the last pass: how many instances it had, of how many the job has ended well, failed or is not done,
-- and which have another status than then, at most 200. Definer: nobody reads these tables by hand.
create function prov.sync_pass_json() returns jsonb
language sql stable security definer set search_path = '' as $$
  with jobs as materialized (
    select p.job, case
        when j.state in ('queued', 'running') then 'waiting'
        when j.state = 'dead' or f.id is not null or c.id is not null then 'error'
        else 'synced' end as became
    from prov.sync_pass_instances p
    left join prov.jobs j on j.id = p.job
    left join lateral (select f.id from prov.job_failures f
      where f.id = p.job and f.outcome in ('blocked', 'discarded') limit 1) f on j.id is null
    left join lateral (select h.id from prov.job_history h
      where h.id = p.job and h.outcome = 'cancelled' limit 1) c on j.id is null
  )
  select jsonb_build_object(
    'begun_at', (select p.begun_at from prov.sync_pass p),
    'total', (select count(*) from jobs),
    'synced', (select count(*) from jobs where became = 'synced'),
    'errors', (select count(*) from jobs where became = 'error'),
    'waiting', (select count(*) from jobs where became = 'waiting'),
    'updates', (select coalesce(jsonb_agg(jsonb_build_object('instance_id', u.instance_id, 'old_status', u.was,
        'new_status', u.status, 'reason', u.status_reason) order by u.instance_id), '[]')
      from (select i.instance_id, p.status as was, i.status, i.status_reason
        from prov.sync_pass_instances p join public.instances i on i.id = p.instance
        where i.status <> p.status order by i.instance_id limit 200) u))
$$;

-- Has every instance reconciled that is not gone, by jobs that give way to what people wait for; one that waits for it
-- anyway is joined. Answers {instances, enqueued, joined}. With p_preview only that, and nothing is done.
create function prov.sync_instances(p_preview boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  counts jsonb;
begin
  select jsonb_build_object('instances', count(*), 'enqueued', count(*) - count(j.id), 'joined', count(j.id))
  into counts
  from public.instances i
  left join prov.jobs j on j.lane = 'instance:' || i.id and j.merge_key = 'reconcile' and j.state = 'queued'
  where i.status <> 'deprovisioned';
  if p_preview then
    return counts;
  end if;
  -- two at once would wait for each other's jobs
  perform pg_advisory_xact_lock(hashtextextended('sync-instances', 0));
  delete from prov.sync_pass_instances;
  insert into prov.sync_pass_instances (instance, job, status)
  select i.id, prov.enqueue('instance:' || i.id, i.account_id, 'reconcile-instance', 'reconcile', i.desired_gen,
    p_class => 1, p_payload => jsonb_build_object('instance', i.id)), i.status
  from (select * from public.instances order by id) i where i.status <> 'deprovisioned';
  insert into prov.sync_pass values (true, now()) on conflict (is_only) do update set begun_at = excluded.begun_at;
  return counts;
end $$;

-- For whoever was let in. The last pass's result is what was known before this one began.
create function api.synced_json(p_preview boolean) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  last_pass constant jsonb := prov.sync_pass_json();
begin
  return last_pass || prov.sync_instances(p_preview) || jsonb_build_object('preview', p_preview);
end $$;

create function api.admin_sync_instances(p_call jsonb, p_preview boolean, p_reason text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  answer jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  answer := api.synced_json(p_preview);
  if not p_preview then
    perform api.audit(p_call, 'admin', null, 'instance.sync', 'platform', null,
      jsonb_build_object('instances', answer -> 'instances'), p_reason);
  end if;
  return entered || jsonb_build_object('data', answer);
end $$;

create function api.system_sync_instances(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
  answer jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  answer := api.synced_json(false);
  perform api.audit(p_call || jsonb_build_object('key_name', entered ->> 'key_name'), 'system', null,
    'instance.sync', 'platform', null, jsonb_build_object('instances', answer -> 'instances'));
  return entered || jsonb_build_object('data', answer);
end $$;

revoke all on function prov.sync_pass_json(), prov.sync_instances(boolean) from public;
grant execute on function prov.sync_pass_json(), prov.sync_instances(boolean), api.synced_json(boolean),
  api.admin_sync_instances(jsonb, boolean, text), api.system_sync_instances(jsonb) to mindroom_functions;
