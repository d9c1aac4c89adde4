-- What accounts see and change of their own beside instances: names, what was done to them, invoices, usage, and their
-- subscription.

create function api.account_json(p_account jsonb, p_public_url text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select p_account || jsonb_build_object(
    'subscriptions', (select coalesce(jsonb_agg(
        api.subscription_json(s, p_account ->> 'stripe_customer_id') order by s.created_at desc), '[]')
      from subscriptions s where s.account_id = (p_account ->> 'id')::uuid),
    'instances', api.instances_json((p_account ->> 'id')::uuid, p_public_url))
$$;

-- As it was.
create or replace function api.my_account(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', api.account_json(entered -> 'account', p_call ->> 'public_url'));
end $$;

-- p_change: full_name and company_name, those of them that change; null takes one away.
create function api.change_my_account(p_call jsonb, p_change jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  mine accounts;
begin
  if entered ? 'refusal' then return entered; end if;
  update accounts a set
    full_name = case when p_change ? 'full_name' then p_change ->> 'full_name' else a.full_name end,
    company_name = case when p_change ? 'company_name' then p_change ->> 'company_name' else a.company_name end
  where a.id = caller returning * into mine;
  perform api.audit(p_call, 'account', caller, 'account.edit', 'account', caller::text,
    jsonb_build_object('changed', (select coalesce(jsonb_agg(k order by k), '[]') from jsonb_object_keys(p_change) k
      where entered -> 'account' -> k is distinct from p_change -> k)));
  return entered || jsonb_build_object('data', api.account_json(to_jsonb(mine), p_call ->> 'public_url'));
end $$;

-- What was done to the account, newest first, before the entry p_before; at most p_limit. Who of the staff it was, and
-- what they wrote about it, stays with them.
create function api.my_audit(p_call jsonb, p_before bigint, p_limit integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  entries jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'created_at', l.created_at,
      'actor', case l.actor_type when 'account' then 'you' when 'admin' then 'support' when 'stripe' then 'stripe'
        else 'platform' end,
      'action', l.action, 'resource_type', l.resource_type, 'resource_id', l.resource_id,
      'ip_address', case l.actor_type when 'account' then l.ip_address end) order by l.id desc), '[]')
  into entries
  from (select * from audit_logs where account_id = caller and id < p_before order by id desc limit p_limit) l;
  return entered || jsonb_build_object('data', jsonb_build_object('entries', entries,
    'next', case when jsonb_array_length(entries) = p_limit then entries -> -1 -> 'id' end));
end $$;

-- The newest 200, which is more than sixteen years of months.
create function api.my_invoices(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', jsonb_build_object('invoices', (
    select coalesce(jsonb_agg(api.payment_json(p) order by p.created_at desc, p.id), '[]')
    from (select * from payments where account_id = (p_call ->> 'sub')::uuid
      order by created_at desc, id limit 200) p)));
end $$;

-- The last p_days days, today the last; days without a report are left out. Limits are those of the current plan.
create function api.my_usage(p_call jsonb, p_days integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  current subscriptions;
begin
  if entered ? 'refusal' then return entered; end if;
  current := api.current_subscription(caller);
  return entered || (
    select jsonb_build_object('data', jsonb_build_object(
      'usage', coalesce(jsonb_agg(api.usage_json(u) order by u.metric_date, u.id), '[]'),
      'aggregated', jsonb_build_object('totalMessages', coalesce(sum(u.messages_sent), 0),
        'totalAgents', coalesce(max(u.agents_used), 0), 'totalStorage', coalesce(max(u.storage_used_gb), 0)),
      'limits', case when current.id is not null then jsonb_build_object('max_agents', current.max_agents,
        'max_messages_per_day', current.max_messages_per_day, 'max_storage_gb', current.max_storage_gb) end))
    from usage_metrics u
    where u.account_id = caller and u.metric_date > (now() at time zone 'UTC')::date - p_days);
end $$;

-- Whether a name is another instance's, or was another account's within 90 days.
create function api.subdomain_taken(p_call jsonb, p_name text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', api.name_is_kept(p_name, (p_call ->> 'sub')::uuid));
end $$;

------------------------------------------------------------------------------------------------------------
-- The subscription. What it is like is asked of Stripe, never of our rows, which may be behind.

-- Lets the caller in to a command on its subscription, which goes on at Stripe.
create function api.subscription_context(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  if entered -> 'account' ->> 'stripe_customer_id' is null then
    return entered || api.refusal('no_paid_subscription');
  end if;
  return entered || jsonb_build_object('data',
    jsonb_build_object('customer_id', entered -> 'account' ->> 'stripe_customer_id'));
end $$;

-- Notes what Stripe did to the caller's subscription. Its times in p_details are Unix seconds.
create function api.note_subscription(p_call jsonb, p_action text, p_subscription text, p_details jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
begin
  perform set_config('app.account_id', caller::text, true);
  perform api.audit(p_call, 'account', caller, 'subscription.' || p_action, 'subscription', p_subscription, p_details);
  return jsonb_build_object('data', jsonb_build_object(
    'cancelled_at', to_timestamp((p_details ->> 'cancelled')::float8)));
end $$;

-- Keeps why a command was not done that went on outside of the database, as api.answered keeps what it answered.
create function api.keep_refusal(p_call jsonb, p_refusal jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  perform api.answered(p_call, jsonb_build_object('refusal', p_refusal));
  return jsonb_build_object('data', true);
end $$;

grant execute on function api.account_json(jsonb, text), api.change_my_account(jsonb, jsonb),
  api.my_audit(jsonb, bigint, integer), api.my_invoices(jsonb), api.my_usage(jsonb, integer),
  api.subdomain_taken(jsonb, text), api.subscription_context(jsonb),
  api.note_subscription(jsonb, text, text, jsonb), api.keep_refusal(jsonb, jsonb) to mindroom_functions;
