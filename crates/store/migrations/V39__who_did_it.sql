-- Who did what happened to an instance: its owner, somebody else who was let in, or the platform by itself.
alter table public.instance_events add column actor text not null default 'system'
  check (actor in ('account', 'support', 'system'));
update public.instance_events e
set actor = case when e.detail = 'By support' then 'support' else 'account' end,
  detail = nullif(e.detail, 'By support')
where e.kind = 'wish' and e.name in ('provision', 'start', 'stop', 'restart', 'delete');

-- By the account that was let into this transaction; the daemon and machines have none.
create function public.name_the_actor() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  acting constant text := nullif(current_setting('app.account_id', true), '');
begin
  new.actor := case when acting is null then 'system' when acting = new.account_id::text then 'account'
    else 'support' end;
  return new;
end $$;
create trigger name_the_actor before insert on public.instance_events
  for each row execute function public.name_the_actor();
revoke all on function public.name_the_actor() from public;

create function api.event_json(e public.instance_events) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', e.id, 'kind', e.kind, 'name', e.name, 'state', e.state, 'detail', e.detail,
    'actor', e.actor, 'created_at', e.created_at)
$$;
revoke all on function api.event_json(public.instance_events) from public;
grant execute on function api.event_json(public.instance_events) to mindroom_functions;

-- As it was, but for the event's detail.
create or replace function api.wish(p_call jsonb, p_actor text, p_instance public.instances, p_wish text, p_paid boolean,
  p_reason text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  mine instances := p_instance;
  job jsonb;
  refused jsonb;
  new_state constant text := case p_wish when 'stop' then 'stopped' when 'delete' then 'deleted' else 'running' end;
begin
  if p_wish <> 'delete' and mine.desired_state = 'deleted' then return api.refusal('instance_deleted'); end if;
  if p_wish = 'restart' and mine.desired_state = 'stopped' then return api.refusal('instance_stopped'); end if;
  if p_paid and new_state = 'running' then
    refused := (select api.entitlement_refusal(s) from subscriptions s where s.id = mine.subscription_id);
    if refused is not null then return refused; end if;
  end if;
  if mine.held_with_account then
    update instances set held_with_account = false where id = mine.id returning * into mine;
  end if;

  -- joins what is under way or already so
  job := prov.job_of_instance(mine.id);
  if p_wish = 'provision' and mine.status <> 'error' then
    return api.accepted(mine, p_call ->> 'public_url', 'There is nothing to repair.', job);
  end if;
  if mine.desired_state = new_state then
    if p_wish = 'restart' and mine.restart_gen > mine.observed_restart_gen and job is not null then
      return api.accepted(mine, p_call ->> 'public_url', 'It is being restarted.', job);
    elsif p_wish <> 'restart' and job is not null then
      return api.accepted(mine, p_call ->> 'public_url', 'That is already under way.', job);
    elsif mine.status in ('deprovisioned') or (p_wish in ('start', 'stop') and mine.status = new_state) then
      return api.accepted(mine, p_call ->> 'public_url', 'That is already so.', null);
    end if;
  end if;

  update instances set desired_state = new_state, desired_gen = desired_gen + 1,
    restart_gen = restart_gen + case p_wish when 'restart' then 1 else 0 end
  where id = mine.id returning * into mine;
  insert into instance_events (account_id, instance, kind, name) values (mine.account_id, mine.id, 'wish', p_wish);
  perform api.audit(p_call, p_actor, mine.account_id, 'instance.' || p_wish, 'instance', mine.id::text,
    p_reason => p_reason);
  return api.accepted(mine, p_call ->> 'public_url',
    case p_wish when 'start' then 'It is being started.' when 'stop' then 'It is being stopped.'
      when 'restart' then 'It is being restarted.' when 'provision' then 'It is being tried again.'
      else 'It is being deleted.' end,
    prov.enqueue_instance(mine.id));
end $$;

-- As they were, with who did it.
create or replace function api.my_instance_events(p_call jsonb, p_instance_id integer, p_after bigint) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  found_one instances;
  events jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into found_one from instances i
  where i.instance_id = p_instance_id and i.account_id = (p_call ->> 'sub')::uuid;
  if not found then return entered || api.refusal('instance_not_found'); end if;
  select coalesce(jsonb_agg(api.event_json(newest.e) order by (newest.e).id), '[]')
  into events
  from (select n from instance_events n where n.instance = found_one.id and n.id > p_after
        order by n.id limit 200) newest (e);
  return entered || jsonb_build_object('data', jsonb_build_object('events', events,
    'next', coalesce((events -> -1 ->> 'id')::bigint, p_after),
    'instance', api.instance_json(found_one, p_call ->> 'public_url')));
end $$;

create or replace function api.admin_instance(p_call jsonb, p_instance_id integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  i instances;
  about accounts;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into i from instances where instance_id = p_instance_id;
  if not found then return entered || api.refusal('instance_not_found'); end if;
  select * into about from accounts a where a.id = i.account_id;
  return entered || jsonb_build_object('data', api.instance_json(i, p_call ->> 'public_url') || jsonb_build_object(
    'account_email', about.email, 'account_status', about.status, 'held_with_account', i.held_with_account,
    'desired_gen', i.desired_gen, 'observed_gen', i.observed_gen, 'restart_gen', i.restart_gen,
    'observed_restart_gen', i.observed_restart_gen, 'status_deadline', i.status_deadline,
    'health_misses', i.health_misses, 'deprovisioned_at', i.deprovisioned_at,
    'drifted', i.observed_gen >= i.desired_gen and i.status_deadline is null
      and i.status <> case i.desired_state when 'deleted' then 'deprovisioned' else i.desired_state end,
    'health_history', api.health_history(i.id), 'estimate', api.estimate_json(i),
    'jobs', (select coalesce(jsonb_agg(api.operated_job_json(n.v) order by (n.v).id desc), '[]')
      from (select v from api.all_jobs v where v.lane = 'instance:' || i.id order by v.id desc limit 20) n),
    'events', (select coalesce(jsonb_agg(api.event_json(newest.e) order by (newest.e).id desc), '[]')
      from (select n from instance_events n where n.instance = i.id order by n.id desc limit 50) newest (e)),
    'health_checks', (select coalesce(jsonb_agg(jsonb_build_object('checked_at', h.checked_at, 'healthy', h.healthy,
        'latency_ms', h.latency_ms, 'detail', h.detail) order by h.id desc), '[]')
      from (select * from instance_health where instance = i.id order by checked_at desc limit 50) h)));
end $$;
