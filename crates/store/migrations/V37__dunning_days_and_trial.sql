-- What a subscription does not say by itself: on which day what becomes of an instance that is not paid for, and
-- whether a first plan still begins with free days.

-- Of the instance that is unpaid for longest; null when none is. p_days: {pause, stop, remove}, counted as
-- prov.dunning_step counts them.
create function api.dunning_json(p_account uuid, p_days jsonb) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('since', s.unpaid_since,
    'pause_at', case when s.charge_failed then s.unpaid_since + days.pause end,
    'stop_at', s.unpaid_since + case when s.charge_failed then days.stop else '0' end,
    'remove_at', s.unpaid_since + days.remove - case when s.charge_failed then '0' else days.stop end)
  from (select make_interval(hours => 24 * (p_days ->> 'pause')::integer) as pause,
      make_interval(hours => 24 * (p_days ->> 'stop')::integer) as stop,
      make_interval(hours => 24 * (p_days ->> 'remove')::integer) as remove) days,
    subscriptions s
  where s.account_id = p_account and s.unpaid_since is not null and p_days is not null
    and exists (select from instances i where i.subscription_id = s.id and i.desired_state <> 'deleted')
  order by s.unpaid_since limit 1
$$;

-- Whoever has been a customer once begins with no free days again; the checkout asks the same.
create function api.trial_used(p_account uuid) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select exists (select from subscriptions s where s.account_id = p_account and s.stripe_subscription_id is not null)
$$;

-- Also called without days, by functions that are older than this.
drop function api.my_subscription(jsonb);
create function api.my_subscription(p_call jsonb, p_days jsonb default null) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller uuid := (p_call ->> 'sub')::uuid;
  current subscriptions;
begin
  if entered ? 'refusal' then return entered; end if;
  current := api.current_subscription(caller);
  if current.id is null then return entered || api.refusal('no_subscription'); end if;
  return entered || jsonb_build_object('data',
    api.subscription_json(current, entered -> 'account' ->> 'stripe_customer_id')
    || jsonb_build_object('dunning', api.dunning_json(caller, p_days), 'trial_available', not api.trial_used(caller)));
end $$;

create or replace function api.checkout_context(p_call jsonb, p_tier text, p_cycle text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', jsonb_build_object(
    'customer_id', entered -> 'account' ->> 'stripe_customer_id',
    'has_subscription', exists (select 1 from subscriptions s where s.account_id = caller
      and s.stripe_subscription_id is not null
      and s.status not in ('incomplete', 'incomplete_expired', 'cancelled')),
    'trial_used', api.trial_used(caller),
    'open_session', api.open_session_json(caller, p_tier, p_cycle)));
end $$;

revoke all on function api.dunning_json(uuid, jsonb), api.trial_used(uuid), api.my_subscription(jsonb, jsonb)
  from public;
grant execute on function api.dunning_json(uuid, jsonb), api.trial_used(uuid), api.my_subscription(jsonb, jsonb)
  to mindroom_functions;
