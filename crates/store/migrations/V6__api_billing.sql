-- Checkout, portal and Stripe's events.

-- What a checkout needs to know: the customer, whether there is a subscription already, whether the trial was
-- used, and an open session for the same plan and cycle.
create function api.checkout_context(p_call jsonb, p_tier text, p_cycle text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  open_session checkout_sessions;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into open_session from checkout_sessions c where c.account_id = caller and c.status = 'open';
  return entered || jsonb_build_object('data', jsonb_build_object(
    'customer_id', entered -> 'account' ->> 'stripe_customer_id',
    'has_subscription', exists (select 1 from subscriptions s where s.account_id = caller
      and s.stripe_subscription_id is not null and api.access_of(s.status) <> 'none'),
    'trial_used', exists (select 1 from subscriptions s where s.account_id = caller
      and s.stripe_subscription_id is not null),
    'open_session', case when open_session.stripe_session_id is not null then jsonb_build_object(
      'id', open_session.stripe_session_id,
      'url', open_session.url,
      'reusable', open_session.tier = p_tier and open_session.billing_cycle = p_cycle
        and open_session.expires_at > now() + interval '5 minutes') end));
end $$;

-- Keeps the account's customer; the first one wins.
create function api.save_customer(p_call jsonb, p_customer text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
  kept text;
begin
  perform set_config('app.account_id', caller::text, true);
  update accounts set stripe_customer_id = p_customer
  where id = caller and stripe_customer_id is null and status = 'active';
  if found then
    perform api.audit(p_call, 'account', caller, 'billing.customer', 'customer', p_customer);
  end if;
  select stripe_customer_id into kept from accounts where id = caller;
  return jsonb_build_object('data', jsonb_build_object('customer_id', kept));
end $$;

-- Keeps a new session as the account's open one; a former one is given up.
create function api.save_checkout(p_call jsonb, p_session text, p_tier text, p_cycle text, p_url text,
  p_expires_at bigint) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
begin
  perform set_config('app.account_id', caller::text, true);
  perform pg_advisory_xact_lock(hashtextextended('checkout:' || caller, 0));
  update checkout_sessions set status = 'expired'
  where account_id = caller and status = 'open' and stripe_session_id <> p_session;
  insert into checkout_sessions (stripe_session_id, account_id, tier, billing_cycle, url, expires_at)
  values (p_session, caller, p_tier, p_cycle, p_url, to_timestamp(p_expires_at))
  on conflict (stripe_session_id) do nothing;
  if found then
    perform api.audit(p_call, 'account', caller, 'billing.checkout', 'checkout_session', p_session,
      jsonb_build_object('tier', p_tier, 'billing_cycle', p_cycle));
  end if;
  return jsonb_build_object('data', jsonb_build_object('url', p_url));
end $$;

create function api.portal_context(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  if entered -> 'account' ->> 'stripe_customer_id' is null then
    return entered || api.refusal('no_customer');
  end if;
  perform api.audit(p_call, 'account', (p_call ->> 'sub')::uuid, 'billing.portal', 'customer',
    entered -> 'account' ->> 'stripe_customer_id');
  return entered || jsonb_build_object('data',
    jsonb_build_object('customer_id', entered -> 'account' ->> 'stripe_customer_id'));
end $$;

-- Stores an event whose signature was checked, once by its id, with the job that reads its object back.
create function api.receive_event(p_event jsonb, p_payload jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  is_new boolean;
begin
  perform set_config('app.scope', 'system', true);
  insert into webhook_events as e (id, type, object_type, object_id, customer_id, livemode, api_version,
    payload, created_at)
  values (p_event ->> 'id', p_event ->> 'type', p_event ->> 'object_type', p_event ->> 'object_id',
    p_event ->> 'customer_id', (p_event -> 'livemode')::boolean, p_event ->> 'api_version', p_payload,
    to_timestamp((p_event ->> 'created')::bigint))
  on conflict (id) do update set deliveries = e.deliveries + 1
  returning e.deliveries = 1 into is_new;
  if is_new then
    perform prov.enqueue_stripe_event(p_event ->> 'id');
  end if;
  return jsonb_build_object('data', jsonb_build_object('received', true, 'duplicate', not is_new));
end $$;

grant execute on function api.checkout_context(jsonb, text, text), api.save_customer(jsonb, text),
  api.save_checkout(jsonb, text, text, text, text, bigint), api.portal_context(jsonb),
  api.receive_event(jsonb, jsonb) to mindroom_functions;
