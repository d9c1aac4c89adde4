-- What accounts read and command. Wire shapes are those of crates/contract.

-- What a subscription's status entitles to; domain::SubscriptionStatus::access says the same, and a test
-- compares the two.
create function api.access_of(p_status text) returns text
language sql immutable set search_path = '' as $$
  select case
    when p_status in ('trialing', 'active') then 'full'
    when p_status in ('past_due', 'unknown') then 'grace'
    else 'none'
  end
$$;

create function api.subscription_json(s public.subscriptions, p_customer text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', s.id, 'account_id', s.account_id, 'tier', s.tier, 'billing_cycle', s.billing_cycle,
    'status', s.status, 'access', api.access_of(s.status),
    'stripe_subscription_id', s.stripe_subscription_id, 'stripe_customer_id', p_customer,
    'current_period_start', s.current_period_start, 'current_period_end', s.current_period_end,
    'trial_ends_at', s.trial_ends_at,
    'trial_days_remaining', case when s.status = 'trialing' and s.trial_ends_at is not null then
      greatest(ceil(extract(epoch from s.trial_ends_at - now()) / 86400), 0)::integer end,
    'cancel_at_period_end', s.cancel_at_period_end, 'cancelled_at', s.cancelled_at,
    'max_agents', s.max_agents, 'max_messages_per_day', s.max_messages_per_day,
    'max_storage_gb', s.max_storage_gb,
    'can_run_instances', s.tier <> 'free' and api.access_of(s.status) = 'full',
    'created_at', s.created_at, 'updated_at', s.updated_at)
$$;

-- The subscription that counts: a paid one that gives something, else the free one, else the last.
create function api.current_subscription(p_account uuid) returns public.subscriptions
language sql stable set search_path = public, pg_temp as $$
  select s from subscriptions s where s.account_id = p_account
  order by case
      when s.tier <> 'free' and api.access_of(s.status) = 'full' then 0
      when s.tier <> 'free' and api.access_of(s.status) = 'grace' then 1
      when s.tier = 'free' then 2
      else 3
    end, s.created_at desc
  limit 1
$$;

create function api.host_url(p_public_url text, p_labels text) returns text
language sql immutable set search_path = '' as $$
  select pg_catalog.regexp_replace(p_public_url, '^(https?://)', '\1' || p_labels || '.')
$$;

create function api.status_hint(i public.instances) returns text
language sql stable set search_path = '' as $$
  select case
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

create function api.instance_json(i public.instances, p_public_url text) returns jsonb
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
    'mindroom_version', i.mindroom_version, 'synapse_version', i.synapse_version, 'notice', i.notice,
    'job', prov.job_of_instance(i.id), 'created_at', i.created_at, 'updated_at', i.updated_at)
$$;

create function api.instances_json(p_account uuid, p_public_url text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select coalesce(jsonb_agg(api.instance_json(i, p_public_url) order by i.created_at desc), '[]')
  from instances i where i.account_id = p_account and i.status <> 'deprovisioned'
$$;

create function api.my_account(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  account jsonb := entered -> 'account';
  caller constant uuid := (p_call ->> 'sub')::uuid;
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', account
    || jsonb_build_object(
      'subscriptions', (select coalesce(jsonb_agg(
          api.subscription_json(s, account ->> 'stripe_customer_id') order by s.created_at desc), '[]')
        from subscriptions s where s.account_id = caller),
      'instances', api.instances_json(caller, p_call ->> 'public_url')));
end $$;

create function api.my_admin_status(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data',
    jsonb_build_object('is_admin', entered -> 'account' -> 'is_admin'));
end $$;

-- Gives an account without any subscription the free one. Once, however often and however parallel: the
-- unique index decides.
create function api.setup_account(p_call jsonb, p_limits jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  made subscriptions;
begin
  if entered ? 'refusal' then return entered; end if;
  if not exists (select 1 from subscriptions s where s.account_id = caller) then
    insert into subscriptions (account_id, tier, status, max_agents, max_messages_per_day, max_storage_gb)
    values (caller, 'free', 'active', (p_limits ->> 'max_agents')::integer,
      (p_limits ->> 'max_messages_per_day')::integer, (p_limits ->> 'max_storage_gb')::integer)
    on conflict do nothing
    returning * into made;
    if made.id is not null then
      perform api.audit(p_call, 'account', caller, 'account.setup', 'subscription', made.id::text);
    end if;
  end if;
  return entered || jsonb_build_object('data', jsonb_build_object(
    'message', case when made.id is null then 'Account already set up' else 'Free plan set up' end,
    'account_id', caller,
    'subscription', case when made.id is not null then api.subscription_json(made, null) end));
end $$;

create function api.my_subscription(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  current subscriptions;
begin
  if entered ? 'refusal' then return entered; end if;
  current := api.current_subscription((p_call ->> 'sub')::uuid);
  if current.id is null then return entered || api.refusal('no_subscription'); end if;
  return entered || jsonb_build_object('data',
    api.subscription_json(current, entered -> 'account' ->> 'stripe_customer_id'));
end $$;

create function api.my_instances(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', jsonb_build_object('instances',
    api.instances_json((p_call ->> 'sub')::uuid, p_call ->> 'public_url')));
end $$;

-- The detail also shows the owner's first Matrix password, until it was used.
create function api.my_instance(p_call jsonb, p_instance_id integer) returns jsonb
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
    || case when password is null then '{}' else jsonb_build_object('owner_password', password) end);
end $$;

create function api.my_instance_events(p_call jsonb, p_instance_id integer, p_after bigint) returns jsonb
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
  select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'name', e.name,
      'state', e.state, 'detail', e.detail, 'created_at', e.created_at) order by e.id), '[]')
  into events
  from (select * from instance_events
        where instance = found_one.id and id > p_after order by id limit 200) e;
  return entered || jsonb_build_object('data', jsonb_build_object('events', events,
    'next', coalesce((events -> -1 ->> 'id')::bigint, p_after),
    'instance', api.instance_json(found_one, p_call ->> 'public_url')));
end $$;

-- Whether another account had this name within the last 90 days. Definer: it must see other accounts' rows,
-- and tells of them only this one bit, which a free name tells anyway.
create function api.name_is_kept(p_subdomain text, p_account uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from instances i where i.subdomain = p_subdomain and (i.status <> 'deprovisioned'
    or (i.account_id <> p_account and i.deprovisioned_at > now() - interval '90 days')))
$$;

-- Why a subscription may not start an instance, or null when it may.
create function api.entitlement_refusal(s public.subscriptions) returns jsonb
language sql stable set search_path = '' as $$
  select case
    when s.id is null or s.tier = 'free' then api.refusal('plan_has_no_instance')
    when api.access_of(s.status) = 'grace' then api.refusal('payment_past_due')
    when api.access_of(s.status) = 'none' then api.refusal('subscription_inactive')
  end
$$;

create function api.accepted(p_instance public.instances, p_public_url text, p_message text, p_job jsonb)
returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('data', jsonb_build_object('success', true, 'message', p_message,
    'instance', api.instance_json(p_instance, p_public_url), 'job', p_job))
$$;

-- Wishes an instance for the account's subscription. An existing one is joined, one in error is tried again.
-- p_names: the wished name alone, or several to choose from when none was wished.
create function api.provision(p_call jsonb, p_names text[], p_display_name text, p_instances_of_plan jsonb)
returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  current subscriptions;
  mine instances;
  refused jsonb;
  candidate text;
begin
  if entered ? 'refusal' then return entered; end if;
  -- two clicks at once: the second waits here and then finds the first one's instance
  perform pg_advisory_xact_lock(hashtextextended('provision:' || caller, 0));
  current := api.current_subscription(caller);
  refused := api.entitlement_refusal(current);
  if refused is not null then return entered || refused; end if;

  if (select count(*) from instances i where i.subscription_id = current.id and i.status <> 'deprovisioned')
      >= (p_instances_of_plan ->> current.tier)::integer then
    select * into mine from instances i
    where i.subscription_id = current.id and i.status <> 'deprovisioned'
    order by (i.desired_state = 'deleted'), i.created_at desc limit 1;
    if mine.desired_state = 'deleted' then
      return entered || api.refusal('instance_being_deleted');
    end if;
    if mine.status = 'error' and prov.job_of_instance(mine.id) is null then
      update instances set desired_state = 'running', desired_gen = desired_gen + 1
      where id = mine.id returning * into mine;
      insert into instance_events (account_id, instance, kind, name) values (caller, mine.id, 'wish', 'provision');
      perform api.audit(p_call, 'account', caller, 'instance.provision', 'instance', mine.id::text);
      return entered || api.accepted(mine, p_call ->> 'public_url', 'We are trying again.',
        prov.enqueue_instance(mine.id));
    end if;
    return entered || api.accepted(mine, p_call ->> 'public_url',
      case mine.status when 'provisioning' then 'Your instance is on its way.'
        else 'You already have an instance.' end,
      prov.job_of_instance(mine.id));
  end if;

  foreach candidate in array p_names loop
    continue when api.name_is_kept(candidate, caller);
    begin
      insert into instances (account_id, subscription_id, subdomain, name, tier, status, status_deadline)
      values (caller, current.id, candidate, coalesce(p_display_name, candidate), current.tier,
        'provisioning', now() + interval '10 minutes')
      returning * into mine;
      exit;
    exception when unique_violation then
      null; -- somebody took the name in this very moment
    end;
  end loop;
  if mine.id is null then return entered || api.refusal('subdomain_taken'); end if;
  insert into instance_events (account_id, instance, kind, name) values (caller, mine.id, 'wish', 'provision');
  perform api.audit(p_call, 'account', caller, 'instance.provision', 'instance', mine.id::text,
    jsonb_build_object('subdomain', mine.subdomain, 'tier', mine.tier));
  return entered || api.accepted(mine, p_call ->> 'public_url', 'Your instance is on its way.',
    prov.enqueue_instance(mine.id));
end $$;

-- Records what the caller wishes one instance to be: start, stop, restart or delete. The same wish again joins
-- the work that is already there.
create function api.record_wish(p_call jsonb, p_instance_id integer, p_wish text, p_confirm text)
returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  mine instances;
  paid_by subscriptions;
  refused jsonb;
  job jsonb;
  new_state constant text := case p_wish when 'stop' then 'stopped' when 'delete' then 'deleted'
    else 'running' end;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into mine from instances i
  where i.instance_id = p_instance_id and i.account_id = caller for update;
  if not found then return entered || api.refusal('instance_not_found'); end if;
  if p_wish = 'delete' and p_confirm is distinct from mine.subdomain then
    return entered || api.refusal('confirmation_differs');
  end if;
  if p_wish <> 'delete' and mine.desired_state = 'deleted' then
    return entered || api.refusal('instance_deleted');
  end if;
  if p_wish = 'restart' and mine.desired_state = 'stopped' then
    return entered || api.refusal('instance_stopped');
  end if;
  if p_wish in ('start', 'restart') then
    select * into paid_by from subscriptions s where s.id = mine.subscription_id;
    refused := api.entitlement_refusal(paid_by);
    if refused is not null then return entered || refused; end if;
  end if;

  -- joins what is under way or already so
  job := prov.job_of_instance(mine.id);
  if mine.desired_state = new_state then
    if p_wish = 'restart' and mine.restart_gen > mine.observed_restart_gen and job is not null then
      return entered || api.accepted(mine, p_call ->> 'public_url', 'It is being restarted.', job);
    elsif p_wish <> 'restart' and job is not null then
      return entered || api.accepted(mine, p_call ->> 'public_url', 'That is already under way.', job);
    elsif mine.status in ('deprovisioned')
        or (p_wish in ('start', 'stop') and mine.status = new_state) then
      return entered || api.accepted(mine, p_call ->> 'public_url', 'That is already so.', null);
    end if;
  end if;

  update instances set desired_state = new_state, desired_gen = desired_gen + 1,
    restart_gen = restart_gen + case p_wish when 'restart' then 1 else 0 end
  where id = mine.id returning * into mine;
  insert into instance_events (account_id, instance, kind, name) values (caller, mine.id, 'wish', p_wish);
  perform api.audit(p_call, 'account', caller, 'instance.' || p_wish, 'instance', mine.id::text);
  return entered || api.accepted(mine, p_call ->> 'public_url',
    case p_wish when 'start' then 'It is being started.' when 'stop' then 'It is being stopped.'
      when 'restart' then 'It is being restarted.' else 'It is being deleted.' end,
    prov.enqueue_instance(mine.id));
end $$;

grant execute on function api.access_of(text), api.subscription_json(public.subscriptions, text),
  api.current_subscription(uuid), api.host_url(text, text), api.status_hint(public.instances),
  api.instance_json(public.instances, text), api.instances_json(uuid, text), api.my_account(jsonb),
  api.my_admin_status(jsonb), api.setup_account(jsonb, jsonb), api.my_subscription(jsonb),
  api.my_instances(jsonb), api.my_instance(jsonb, integer), api.my_instance_events(jsonb, integer, bigint),
  api.name_is_kept(text, uuid), api.entitlement_refusal(public.subscriptions),
  api.accepted(public.instances, text, text, jsonb), api.provision(jsonb, text[], text, jsonb),
  api.record_wish(jsonb, integer, text, text) to mindroom_functions;
