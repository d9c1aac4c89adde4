-- Machines that provision: what an account may wish of its instances, for any account.

-- api.provision as it was, for whoever was let in. p_call names the actor, which is of the kind p_actor.
create function api.provision_for(p_call jsonb, p_actor text, p_account uuid, p_names text[], p_display_name text,
  p_instances_of_plan jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  current subscriptions;
  mine instances;
  refused jsonb;
  candidate text;
begin
  -- two clicks at once: the second waits here and then finds the first one's instance
  perform pg_advisory_xact_lock(hashtextextended('provision:' || p_account, 0));
  current := api.current_subscription(p_account);
  refused := api.entitlement_refusal(current);
  if refused is not null then return refused; end if;

  if (select count(*) from instances i where i.subscription_id = current.id and i.status <> 'deprovisioned')
      >= (p_instances_of_plan ->> current.tier)::integer then
    select * into mine from instances i
    where i.subscription_id = current.id and i.status <> 'deprovisioned'
    order by (i.desired_state = 'deleted'), i.created_at desc limit 1;
    if mine.desired_state = 'deleted' then
      return api.refusal('instance_being_deleted');
    end if;
    if mine.status = 'error' and prov.job_of_instance(mine.id) is null then
      update instances set desired_state = 'running', desired_gen = desired_gen + 1
      where id = mine.id returning * into mine;
      insert into instance_events (account_id, instance, kind, name) values (p_account, mine.id, 'wish', 'provision');
      perform api.audit(p_call, p_actor, p_account, 'instance.provision', 'instance', mine.id::text);
      return api.accepted(mine, p_call ->> 'public_url', 'We are trying again.', prov.enqueue_instance(mine.id));
    end if;
    return api.accepted(mine, p_call ->> 'public_url',
      case mine.status when 'provisioning' then 'Your instance is on its way.'
        else 'You already have an instance.' end,
      prov.job_of_instance(mine.id));
  end if;

  foreach candidate in array p_names loop
    continue when api.name_is_kept(candidate, p_account);
    begin
      insert into instances (account_id, subscription_id, subdomain, name, tier, status, status_deadline)
      values (p_account, current.id, candidate, coalesce(p_display_name, candidate), current.tier,
        'provisioning', now() + interval '10 minutes')
      returning * into mine;
      exit;
    exception when unique_violation then
      null; -- somebody took the name in this very moment
    end;
  end loop;
  if mine.id is null then return api.refusal('subdomain_taken'); end if;
  insert into instance_events (account_id, instance, kind, name) values (p_account, mine.id, 'wish', 'provision');
  perform api.audit(p_call, p_actor, p_account, 'instance.provision', 'instance', mine.id::text,
    jsonb_build_object('subdomain', mine.subdomain, 'tier', mine.tier));
  return api.accepted(mine, p_call ->> 'public_url', 'Your instance is on its way.', prov.enqueue_instance(mine.id));
end $$;

create or replace function api.provision(p_call jsonb, p_names text[], p_display_name text, p_instances_of_plan jsonb)
returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || api.provision_for(p_call, 'account', (p_call ->> 'sub')::uuid, p_names, p_display_name,
    p_instances_of_plan);
end $$;

-- The same for a machine. What an account may not have, it does not get this way either.
create function api.system_provision(p_call jsonb, p_account uuid, p_names text[], p_display_name text,
  p_instances_of_plan jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
  owner_is text;
begin
  if entered ? 'refusal' then return entered; end if;
  select a.status into owner_is from accounts a where a.id = p_account for share;
  if not found then return entered || api.refusal('account_not_found'); end if;
  if owner_is <> 'active' then
    return entered || api.refusal('account_not_active', jsonb_build_object('status', owner_is));
  end if;
  return entered || api.provision_for(p_call || jsonb_build_object('key_name', entered ->> 'key_name'), 'system',
    p_account, p_names, p_display_name, p_instances_of_plan);
end $$;

-- A machine's wish for any instance: start, stop, restart or delete. Only what is paid for runs, and only for an account
-- that may come in.
create function api.system_wish(p_call jsonb, p_instance_id integer, p_wish text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
  mine instances;
  owner_is text;
begin
  if entered ? 'refusal' then return entered; end if;
  -- the account first, as a suspension does, so that the two never wait for one another
  select a.status into owner_is from accounts a join instances i on i.account_id = a.id
  where i.instance_id = p_instance_id for share of a;
  select * into mine from instances i where i.instance_id = p_instance_id for update;
  if not found then return entered || api.refusal('instance_not_found'); end if;
  if p_wish in ('start', 'restart') and owner_is <> 'active' then
    return entered || api.refusal('account_not_active', jsonb_build_object('status', owner_is));
  end if;
  return entered || api.wish(p_call || jsonb_build_object('key_name', entered ->> 'key_name'), 'system', mine, p_wish,
    true, null);
end $$;

grant execute on function api.provision_for(jsonb, text, uuid, text[], text, jsonb),
  api.system_provision(jsonb, uuid, text[], text, jsonb), api.system_wish(jsonb, integer, text) to mindroom_functions;
