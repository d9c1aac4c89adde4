-- The way back for what Stripe's webhooks did not bring: events that were lost are fetched from Stripe's list, and
-- subscriptions that differ from Stripe's all the same are mended (docs/decisions/0005). And three gaps of checkout.

-- How far the catch-up is; one row. A pass reads Stripe's lists page by page, newest first, and its place is kept
-- with what each page led to, so that whoever goes on misses nothing and repeats little.
create table prov.stripe_catch_up (
  is_only boolean primary key default true check (is_only),
  -- What happened before this was looked through. Stripe keeps events for 30 days.
  complete_to timestamptz not null default now() - interval '30 days',
  began_at timestamptz,                   -- of the pass under way
  list text not null default 'events' check (list in ('events', 'subscriptions')),
  after_id text                           -- of that list, the last object of the page that came last
);
insert into prov.stripe_catch_up default values;
alter table prov.stripe_catch_up enable row level security;
create policy daemon on prov.stripe_catch_up to mindroom_daemon using (true) with check (true);

-- Where to go on: {list, after, since, read_at}, or null when the job is lost. A pass that began before it was wished
-- for begins anew, since what the wish is about may be on a page that it has behind it. p_anew: in any case.
create function prov.stripe_catch_up_place(p_job bigint, p_fence bigint, p_anew boolean) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  place prov.stripe_catch_up;
begin
  if not prov.holds(p_job, p_fence) then
    return null;
  end if;
  update prov.stripe_catch_up c set began_at = clock_timestamp(), list = 'events', after_id = null
  from prov.jobs j
  where j.id = p_job and (p_anew or c.began_at is null or extract(epoch from c.began_at) * 1000000 < j.want_gen);
  select * into strict place from prov.stripe_catch_up;
  return jsonb_build_object('list', place.list, 'after', place.after_id,
    -- An hour more than needed: clocks differ, and an event may be listed some time after it was made.
    'since', floor(extract(epoch from place.complete_to - interval '1 hour'))::bigint,
    'read_at', clock_timestamp()::text);
end $$;

-- Stores those events of a page that we do not have, each with its job, as api.receive_event does. Answers how many
-- those were, or null when the job is lost. p_after: the page's last event, null when the list is at its end.
create function prov.save_missed_events(p_job bigint, p_fence bigint, p_events jsonb, p_after text) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  missed record;
  count integer := 0;
begin
  if not prov.holds(p_job, p_fence) then
    return null;
  end if;
  for missed in
    insert into public.webhook_events (id, type, object_type, object_id, customer_id, livemode, api_version,
      payload, created_at)
    select e ->> 'id', e ->> 'type', e ->> 'object_type', e ->> 'object_id', e ->> 'customer_id',
      (e -> 'livemode')::boolean, e ->> 'api_version', e -> 'payload', to_timestamp((e ->> 'created')::bigint)
    from jsonb_array_elements(p_events) e
    on conflict (id) do nothing
    returning id, type
  loop
    count := count + 1;
    perform prov.enqueue_stripe_event(missed.id);
    insert into public.audit_logs (actor_type, actor_id, action, resource_type, resource_id, details)
    values ('daemon', 'stripe-catch-up', 'webhook.missed', 'webhook_event', missed.id,
      jsonb_build_object('type', missed.type));
  end loop;
  update prov.stripe_catch_up c set after_id = p_after,
    list = case when p_after is null then 'subscriptions' else c.list end;
  return count;
end $$;

-- A subscription's row in the words of store::daemon::stripe::SavedSubscription.
create function prov.saved_subscription_json(s public.subscriptions) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('stripe_subscription_id', s.stripe_subscription_id, 'stripe_price_id', s.stripe_price_id,
    'tier', s.tier, 'billing_cycle', s.billing_cycle, 'status', s.status, 'max_agents', s.max_agents,
    'max_messages_per_day', s.max_messages_per_day, 'max_storage_gb', s.max_storage_gb,
    'trial_end', extract(epoch from s.trial_ends_at)::bigint,
    'period_start', extract(epoch from s.current_period_start)::bigint,
    'period_end', extract(epoch from s.current_period_end)::bigint,
    'cancel_at_period_end', s.cancel_at_period_end, 'cancelled', extract(epoch from s.cancelled_at)::bigint)
$$;

-- Saves those subscriptions of a page that we lack or have otherwise; each element of p_page is {customer,
-- subscription}. p_read_at is when the page was asked for: a newer read of an event's job stays. Answers how many
-- differed, or null when the job is lost. p_after: the page's last one, null when the list and so the pass is at its end.
create function prov.save_listed_subscriptions(p_job bigint, p_fence bigint, p_read_at timestamptz, p_page jsonb,
  p_after text) returns integer
language plpgsql volatile set search_path = '' as $$
declare
  differing record;
  count integer := 0;
begin
  if not prov.holds(p_job, p_fence) then
    return null;
  end if;
  for differing in
    select a.id as account, e -> 'subscription' as subscription
    from jsonb_array_elements(p_page) e
    join public.accounts a on a.stripe_customer_id = e ->> 'customer'
    left join public.subscriptions s on s.stripe_subscription_id = e -> 'subscription' ->> 'stripe_subscription_id'
    where s.id is null or (s.synced_at is null or s.synced_at <= p_read_at)
      and prov.saved_subscription_json(s) <> e -> 'subscription'
  loop
    count := count + 1;
    perform prov.save_subscription('stripe-catch-up', differing.account, p_read_at, differing.subscription);
  end loop;
  if p_after is null then
    update prov.stripe_catch_up c set complete_to = c.began_at, began_at = null, list = 'events', after_id = null;
  else
    update prov.stripe_catch_up c set after_id = p_after;
  end if;
  return count;
end $$;

-- As it was, but that what Stripe says of a session that ended is kept also where we took it for given up before. Only
-- an older `open` is not.
create or replace function prov.finish_stripe_event(p_job bigint, p_fence bigint, p_event text, p_outcome text,
  p_parked boolean, p_seen jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  account uuid := (p_seen ->> 'account')::uuid;
  read_at timestamptz := (p_seen ->> 'read_at')::timestamptz;
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  if p_seen -> 'subscription' is not null then
    perform prov.save_subscription(p_event, account, read_at, p_seen -> 'subscription');
  end if;
  if p_seen -> 'payment' is not null then
    perform prov.save_payment(account, read_at, p_seen -> 'payment');
  end if;
  update public.checkout_sessions c set status = p_seen -> 'checkout_session' ->> 'status'
    where c.stripe_session_id = p_seen -> 'checkout_session' ->> 'id' and c.account_id = account
      and (c.status = 'open' or p_seen -> 'checkout_session' ->> 'status' <> 'open');
  update public.webhook_events e set
    processed_at = case when p_parked then null else now() end,
    outcome = p_outcome,
    account_id = coalesce(e.account_id, account)
  where e.id = p_event;
  return prov.finish(p_job, p_fence, case when p_parked then 'blocked' else 'done' end,
    case when p_parked then jsonb_build_object('class', 'permanent', 'message', p_outcome) end);
end $$;

-- Every hour by its clock, and when it is wished for; one lane, so that there is one pass at a time. The first comes
-- after an hour: a platform that has just begun has nothing behind it.
insert into prov.schedule (name, kind, class, every, next_at)
values ('stripe-catch-up', 'stripe-catch-up', 2, '1 hour', now() + interval '1 hour');

-- The wish of now; it joins the clock's job when that waits.
create function prov.enqueue_stripe_catch_up() returns jsonb
language sql volatile security definer set search_path = '' as $$
  select prov.job_json(prov.enqueue('schedule:stripe-catch-up', null, 'stripe-catch-up', 'stripe-catch-up',
    floor(extract(epoch from clock_timestamp()) * 1000000)::bigint, p_class => 2))
$$;

-- Has all subscriptions compared with Stripe.
create function api.reconcile_billing(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  perform api.audit(p_call || jsonb_build_object('key_name', entered ->> 'key_name'), 'system', null,
    'billing.reconcile', 'platform', null);
  return entered || jsonb_build_object('data', jsonb_build_object('job', prov.enqueue_stripe_catch_up()));
end $$;

------------------------------------------------------------------------------------------------------------
-- Checkout

-- As it was, but that a subscription which is unpaid or paused is one too: it is paid or resumed on the portal, and
-- beside a second one it would be paid twice.
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
    'trial_used', exists (select 1 from subscriptions s where s.account_id = caller
      and s.stripe_subscription_id is not null),
    'open_session', api.open_session_json(caller, p_tier, p_cycle)));
end $$;

-- The account's open session, and whether it fits the plan and cycle; null when there is none.
create function api.open_session_json(p_account uuid, p_tier text, p_cycle text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', c.stripe_session_id, 'url', c.url,
    'reusable', c.tier = p_tier and c.billing_cycle = p_cycle and c.expires_at > now() + interval '5 minutes')
  from checkout_sessions c where c.account_id = p_account and c.status = 'open'
$$;

-- An account is sent to the portal by the checkout.
create function api.note_portal(p_call jsonb, p_customer text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
begin
  perform set_config('app.account_id', p_call ->> 'sub', true);
  perform api.audit(p_call, 'account', (p_call ->> 'sub')::uuid, 'billing.portal', 'customer', p_customer);
  return jsonb_build_object('data', true);
end $$;

-- Keeps a new session as the account's open one, in place of p_former, which the caller knows to be closed at Stripe.
-- When another request of the account was faster, its session stays and is the answer: of two that are open both
-- could be paid.
drop function api.save_checkout(jsonb, text, text, text, text, bigint);
create function api.save_checkout(p_call jsonb, p_session text, p_tier text, p_cycle text, p_url text,
  p_expires_at bigint, p_former text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
  open_session jsonb;
begin
  perform set_config('app.account_id', caller::text, true);
  perform pg_advisory_xact_lock(hashtextextended('checkout:' || caller, 0));
  update checkout_sessions set status = 'expired'
  where account_id = caller and status = 'open' and stripe_session_id = p_former;
  open_session := api.open_session_json(caller, p_tier, p_cycle);
  if open_session ->> 'id' <> p_session then
    return jsonb_build_object('data', jsonb_build_object('instead', open_session));
  end if;
  insert into checkout_sessions (stripe_session_id, account_id, tier, billing_cycle, url, expires_at)
  values (p_session, caller, p_tier, p_cycle, p_url, to_timestamp(p_expires_at))
  on conflict (stripe_session_id) do nothing;
  if found then
    perform api.audit(p_call, 'account', caller, 'billing.checkout', 'checkout_session', p_session,
      jsonb_build_object('tier', p_tier, 'billing_cycle', p_cycle));
  end if;
  return jsonb_build_object('data', jsonb_build_object('instead', null));
end $$;

revoke all on function prov.stripe_catch_up_place(bigint, bigint, boolean),
  prov.save_missed_events(bigint, bigint, jsonb, text), prov.saved_subscription_json(public.subscriptions),
  prov.save_listed_subscriptions(bigint, bigint, timestamptz, jsonb, text), prov.enqueue_stripe_catch_up() from public;
grant execute on function prov.stripe_catch_up_place(bigint, bigint, boolean),
  prov.save_missed_events(bigint, bigint, jsonb, text), prov.saved_subscription_json(public.subscriptions),
  prov.save_listed_subscriptions(bigint, bigint, timestamptz, jsonb, text) to mindroom_daemon;
grant execute on function prov.enqueue_stripe_catch_up(), api.reconcile_billing(jsonb),
  api.open_session_json(uuid, text, text), api.note_portal(jsonb, text),
  api.save_checkout(jsonb, text, text, text, text, bigint, text) to mindroom_functions;
grant select, update on prov.stripe_catch_up to mindroom_daemon;
