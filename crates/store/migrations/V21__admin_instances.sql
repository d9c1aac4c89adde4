-- Wishes for an instance by whoever may have them; admins at work on instances; and how long the work that is under way
-- usually takes.

------------------------------------------------------------------------------------------------------------
-- Wishes

-- What a wish for an instance comes to: start, stop, restart, delete, or provision, which tries one in error again.
-- The same wish again joins the work that is already there. Whoever calls this has locked the row and let the actor in.
create function api.wish(p_call jsonb, p_actor text, p_instance public.instances, p_wish text, p_paid boolean,
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
  insert into instance_events (account_id, instance, kind, name, detail)
  values (mine.account_id, mine.id, 'wish', p_wish, case p_actor when 'admin' then 'By support' end);
  perform api.audit(p_call, p_actor, mine.account_id, 'instance.' || p_wish, 'instance', mine.id::text,
    p_reason => p_reason);
  return api.accepted(mine, p_call ->> 'public_url',
    case p_wish when 'start' then 'It is being started.' when 'stop' then 'It is being stopped.'
      when 'restart' then 'It is being restarted.' when 'provision' then 'It is being tried again.'
      else 'It is being deleted.' end,
    prov.enqueue_instance(mine.id));
end $$;

-- As it was.
create or replace function api.record_wish(p_call jsonb, p_instance_id integer, p_wish text, p_confirm text)
returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  mine instances;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into mine from instances i
  where i.instance_id = p_instance_id and i.account_id = (p_call ->> 'sub')::uuid for update;
  if not found then return entered || api.refusal('instance_not_found'); end if;
  if p_wish = 'delete' and p_confirm is distinct from mine.subdomain then
    return entered || api.refusal('confirmation_differs');
  end if;
  return entered || api.wish(p_call, 'account', mine, p_wish, true, null);
end $$;

-- An admin's wish for any instance, paid for or not; but what its account may not have running, nobody starts.
create function api.admin_wish(p_call jsonb, p_instance_id integer, p_wish text, p_confirm text, p_reason text)
returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  mine instances;
  owner_is text;
begin
  if entered ? 'refusal' then return entered; end if;
  -- the account first, as a suspension does, so that the two never wait for one another
  select a.status into owner_is from accounts a join instances i on i.account_id = a.id
  where i.instance_id = p_instance_id for share of a;
  select * into mine from instances i where i.instance_id = p_instance_id for update;
  if not found then return entered || api.refusal('instance_not_found'); end if;
  if p_wish = 'delete' and p_confirm is distinct from mine.subdomain then
    return entered || api.refusal('confirmation_differs');
  end if;
  if p_wish in ('start', 'restart', 'provision') and owner_is <> 'active' then
    return entered || api.refusal('account_not_active', jsonb_build_object('status', owner_is));
  end if;
  return entered || api.wish(p_call, 'admin', mine, p_wish, false, p_reason);
end $$;

------------------------------------------------------------------------------------------------------------
-- One instance in detail

create index instance_events_steps on public.instance_events (id desc) where kind = 'step';

-- How many seconds each of these steps usually takes: the median of what the newest 3,000 events of steps tell, of all
-- instances. Names without a history are left out. Definer: others' steps count too, and nothing else is told of them.
create function prov.typical_seconds(p_steps text[]) returns jsonb
language sql stable security definer set search_path = '' as $$
  with newest as (
    select e.id, e.instance, e.name, e.state, e.created_at from public.instance_events e
    where e.kind = 'step' order by e.id desc limit 3000
  ), timed as (
    select n.name, n.state, lag(n.state) over each as before,
      extract(epoch from n.created_at - lag(n.created_at) over each) as seconds
    from newest n window each as (partition by n.instance, n.name order by n.id)
  )
  select coalesce(jsonb_object_agg(name, seconds), '{}') from (
    select t.name, round((percentile_cont(0.5) within group (order by t.seconds))::numeric, 1) as seconds
    from timed t where t.state = 'done' and t.before = 'started' and t.name = any (p_steps) group by t.name) typical
$$;

-- How long the work under way takes by our own history: {remaining_seconds, steps: [{name, typical_seconds}]}. Null
-- when there is no work, or a step that is to come has no history.
create function api.estimate_json(i public.instances) returns jsonb
language plpgsql stable set search_path = public, pg_temp as $$
declare
  typical jsonb;
begin
  if not exists (select from jsonb_array_elements(i.progress) s where s ->> 'state' in ('pending', 'running')) then
    return null;
  end if;
  typical := prov.typical_seconds((select array_agg(s ->> 'name') from jsonb_array_elements(i.progress) s));
  return (
    select case when count(*) filter (where s ->> 'state' in ('pending', 'running') and not typical ? (s ->> 'name')) = 0
      then jsonb_build_object(
        'remaining_seconds', ceil(sum(case s ->> 'state'
          when 'pending' then (typical ->> (s ->> 'name'))::numeric
          when 'running' then greatest((typical ->> (s ->> 'name'))::numeric
            - extract(epoch from clock_timestamp() - (s ->> 'started_at')::timestamptz), 0)
          else 0 end))::integer,
        'steps', jsonb_agg(jsonb_build_object('name', s ->> 'name', 'typical_seconds', typical -> (s ->> 'name'))
          order by place)) end
    from jsonb_array_elements(i.progress) with ordinality as p (s, place));
end $$;

-- As it was, with an estimate of the work under way.
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
    || jsonb_build_object('health_history', api.health_history(found_one.id),
      'estimate', api.estimate_json(found_one))
    || case when password is null then '{}' else jsonb_build_object('owner_password', password) end);
end $$;

-- Any instance, with what was wished and seen, the newest 20 jobs, 50 events and 50 checks. Drifted: settled, by the
-- daemon's word, and yet not what was wished.
create function api.admin_instance(p_call jsonb, p_instance_id integer) returns jsonb
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
    'events', (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'name', e.name,
        'state', e.state, 'detail', e.detail, 'created_at', e.created_at) order by e.id desc), '[]')
      from (select * from instance_events where instance = i.id order by id desc limit 50) e),
    'health_checks', (select coalesce(jsonb_agg(jsonb_build_object('checked_at', h.checked_at, 'healthy', h.healthy,
        'latency_ms', h.latency_ms, 'detail', h.detail) order by h.id desc), '[]')
      from (select * from instance_health where instance = i.id order by checked_at desc limit 50) h)));
end $$;

revoke all on function prov.typical_seconds(text[]) from public;
grant execute on function prov.typical_seconds(text[]), api.wish(jsonb, text, public.instances, text, boolean, text),
  api.admin_wish(jsonb, integer, text, text, text), api.estimate_json(public.instances),
  api.admin_instance(jsonb, integer) to mindroom_functions;
