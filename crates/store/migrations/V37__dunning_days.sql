-- Whoever has not paid is told on which day what becomes of the instance.

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
    || jsonb_build_object('dunning', api.dunning_json(caller, p_days)));
end $$;

revoke all on function api.dunning_json(uuid, jsonb), api.my_subscription(jsonb, jsonb) from public;
grant execute on function api.dunning_json(uuid, jsonb), api.my_subscription(jsonb, jsonb) to mindroom_functions;
