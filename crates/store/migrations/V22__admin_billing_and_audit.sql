-- What admins list beside accounts, instances and jobs: subscriptions, payments, usage, Stripe's events with a way to
-- act on one again, and the audit log.

-- What an instance's people used on one day, as the instance reported it last.
create table public.usage_metrics (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null,
  subscription_id uuid not null,
  metric_date date not null,
  messages_sent integer not null default 0 check (messages_sent >= 0),
  agents_used integer not null default 0 check (agents_used >= 0),
  storage_used_gb numeric(10, 2) not null default 0 check (storage_used_gb >= 0),
  created_at timestamptz not null default now(),
  unique (subscription_id, metric_date),
  foreign key (account_id, subscription_id) references public.subscriptions (account_id, id) on delete cascade
);
create index usage_metrics_account on public.usage_metrics (account_id, metric_date);
create index usage_metrics_retention on public.usage_metrics (metric_date);
alter table public.usage_metrics enable row level security;
create policy functions on public.usage_metrics to mindroom_functions
  using (account_id = (select api.current_account()) or (select api.sees_all()))
  with check (account_id = (select api.current_account()) or (select api.sees_all()));
grant select on public.usage_metrics to mindroom_functions;

create index subscriptions_newest on public.subscriptions (created_at desc);
create index payments_newest on public.payments (created_at desc);
create index webhook_events_newest on public.webhook_events (received_at desc);

-- What a text is searched with; its own wildcards mean themselves.
create function api.pattern(p_text text) returns text
language sql immutable set search_path = '' as $$
  select '%' || pg_catalog.regexp_replace(coalesce(p_text, ''), '([\\%_])', '\\\1', 'g') || '%'
$$;

-- A page of a list. p_rows is a query of `id` and the columns that p_sort may name, p_wire what of a row `p` goes over
-- the wire, made for the page's rows alone. Both take $1, the page, and $2, what `q` is searched with: a caller's words
-- come by these two and are never part of the text.
create function api.page(p_entered jsonb, p_page jsonb, p_sort text[], p_rows text, p_wire text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  sort constant text := api.order_by(p_page ->> 'sort', p_page ->> 'order', p_sort);
  answer jsonb;
begin
  if sort is null then return p_entered || api.refusal('unknown_sort'); end if;
  execute format($q$
    with listed as (%s), page as (
      select l.*, row_number() over (order by l.%s, l.id) as place from listed l
      order by place offset $3 limit $4
    )
    select jsonb_build_object('total', (select count(*) from listed),
      'data', (select coalesce(jsonb_agg(%s order by p.place), '[]') from page p))
    $q$, p_rows, sort, p_wire)
  into answer
  using p_page, api.pattern(p_page ->> 'q'), (p_page ->> 'start')::bigint, (p_page ->> 'limit')::bigint;
  return p_entered || jsonb_build_object('data', answer);
end $$;

create function api.admin_subscriptions(p_call jsonb, p_page jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return api.page(entered, p_page, array['created_at', 'updated_at', 'tier', 'status', 'current_period_end'], $q$
    select s.*, s as entry, a.email, a.stripe_customer_id
    from subscriptions s join accounts a on a.id = s.account_id
    where s.status = coalesce($1 ->> 'status', s.status) and s.tier = coalesce($1 ->> 'tier', s.tier)
      and s.account_id = coalesce(($1 ->> 'account_id')::uuid, s.account_id)
      and concat_ws(' ', a.email, a.stripe_customer_id, s.stripe_subscription_id) ilike $2 $q$,
    $q$ api.subscription_json(p.entry, p.stripe_customer_id) || jsonb_build_object('account_email', p.email) $q$);
end $$;

create function api.admin_payments(p_call jsonb, p_page jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return api.page(entered, p_page, array['created_at', 'status', 'amount_due', 'amount_paid', 'number'], $q$
    select y.*, y as entry, a.email from payments y left join accounts a on a.id = y.account_id
    where y.status = coalesce($1 ->> 'status', y.status)
      and ($1 ->> 'account_id' is null or y.account_id = ($1 ->> 'account_id')::uuid)
      and concat_ws(' ', a.email, y.number, y.stripe_invoice_id, y.stripe_subscription_id) ilike $2 $q$,
    $q$ api.payment_json(p.entry) || jsonb_build_object('account_email', p.email) $q$);
end $$;

create function api.usage_json(u public.usage_metrics) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', u.id, 'subscription_id', u.subscription_id, 'metric_date', u.metric_date,
    'messages_sent', u.messages_sent, 'agents_used', u.agents_used, 'storage_used_gb', u.storage_used_gb,
    'created_at', u.created_at)
$$;

create function api.admin_usage(p_call jsonb, p_page jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return api.page(entered, p_page,
    array['created_at', 'metric_date', 'messages_sent', 'agents_used', 'storage_used_gb', 'tier'], $q$
    select u.*, u as entry, s.tier, a.email
    from usage_metrics u join subscriptions s on s.id = u.subscription_id join accounts a on a.id = u.account_id
    where s.tier = coalesce($1 ->> 'tier', s.tier)
      and u.account_id = coalesce(($1 ->> 'account_id')::uuid, u.account_id) and a.email ilike $2 $q$,
    $q$ api.usage_json(p.entry)
      || jsonb_build_object('account_id', p.account_id, 'account_email', p.email, 'tier', p.tier) $q$);
end $$;

------------------------------------------------------------------------------------------------------------
-- Stripe's events

-- waiting: its job is to come. parked: nobody knows whose it is. processed: acted on.
create function api.event_state(e public.webhook_events) returns text
language sql immutable set search_path = '' as $$
  select case when e.processed_at is not null then 'processed' when e.outcome is null then 'waiting' else 'parked' end
$$;

create function api.event_json(e public.webhook_events) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', e.id, 'type', e.type, 'object_type', e.object_type, 'object_id', e.object_id,
    'customer_id', e.customer_id, 'account_id', e.account_id,
    'account_email', (select a.email from accounts a where a.id = e.account_id), 'livemode', e.livemode,
    'api_version', e.api_version, 'state', api.event_state(e), 'outcome', e.outcome, 'deliveries', e.deliveries,
    'created_at', e.created_at, 'received_at', e.received_at, 'processed_at', e.processed_at)
$$;

create function api.admin_webhook_events(p_call jsonb, p_page jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return api.page(entered, p_page, array['received_at', 'created_at', 'type', 'deliveries'], $q$
    select e.*, e as entry from webhook_events e left join accounts a on a.id = e.account_id
    where api.event_state(e) = coalesce($1 ->> 'state', api.event_state(e))
      and e.type = coalesce($1 ->> 'type', e.type)
      and ($1 ->> 'account_id' is null or e.account_id = ($1 ->> 'account_id')::uuid)
      and concat_ws(' ', e.id, e.type, e.object_id, e.customer_id, a.email) ilike $2 $q$,
    $q$ api.event_json(p.entry) $q$);
end $$;

-- Opens a stored event again and enqueues its job; null when there is no such event. Definer: what became of an event
-- is the daemon's to write, but that nothing became of it yet.
create function prov.reopen_event(p_event text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.webhook_events e set processed_at = null, outcome = null where e.id = p_event and api.sees_all();
  return case when found then prov.enqueue_stripe_event(p_event) end;
end $$;

-- Has a stored event acted on again: its object is read back from Stripe as it is now, so that it never takes us back.
create function api.replay_event(p_call jsonb, p_event text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  job jsonb;
  about webhook_events;
begin
  if entered ? 'refusal' then return entered; end if;
  job := prov.reopen_event(p_event);
  if job is null then return entered || api.refusal('event_not_found'); end if;
  select * into about from webhook_events e where e.id = p_event;
  perform api.audit(p_call, 'admin', about.account_id, 'webhook.replay', 'webhook_event', p_event,
    jsonb_build_object('type', about.type));
  return entered || jsonb_build_object('data', jsonb_build_object('event', api.event_json(about), 'job', job));
end $$;

------------------------------------------------------------------------------------------------------------
-- The audit log. Read by its key: at most the newest 20,000 entries that fit, before the one that `before` names, are
-- looked at, so that no search reads seven years of it. `next` is where to go on with `before`, or null.

create index audit_logs_action on public.audit_logs (action, id desc);
create index audit_logs_actor on public.audit_logs (actor_id, id desc);

create function api.admin_audit(p_call jsonb, p_page jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  sort constant text := api.order_by(p_page ->> 'sort', p_page ->> 'order',
    array['created_at', 'id', 'action', 'actor_type']);
  pattern constant text := case when p_page ->> 'q' is not null then api.pattern(p_page ->> 'q') end;
  -- each condition only where it is asked for, so that its index is used
  conditions constant text := (select coalesce(string_agg(format(' and l.%I::text = $1 ->> %L', field, field), ''), '')
    from unnest(array['action', 'actor_type', 'actor_id', 'resource_type', 'resource_id']) f (field)
    where p_page ->> field is not null)
    || case when p_page ->> 'account_id' is null then '' else ' and l.account_id = ($1 ->> ''account_id'')::uuid' end;
  answer jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  if sort is null then return entered || api.refusal('unknown_sort'); end if;
  execute format($q$
    with considered as materialized (
      select l.*, l as entry from audit_logs l
      where l.id < coalesce(($1 ->> 'before')::bigint, 9223372036854775807) %s
      order by l.id desc limit 20000
    ), matching as materialized (
      select c.* from considered c left join accounts a on a.id = c.account_id
      where $2 is null
        or concat_ws(' ', c.action, c.resource_type, c.resource_id, c.reason, c.actor_id, a.email) ilike $2
    ), page as (
      select m.entry, row_number() over (order by m.%s, m.id desc) as place from matching m
      order by place offset $3 limit $4
    )
    select jsonb_build_object('total', (select count(*) from matching),
      'next', case when (select count(*) from considered) = 20000 then (select min(id) from considered) end,
      'data', (select coalesce(jsonb_agg(api.audit_json(p.entry) order by p.place), '[]') from page p))
    $q$, conditions, sort)
  into answer
  using p_page, pattern, (p_page ->> 'start')::bigint, (p_page ->> 'limit')::bigint;
  return entered || jsonb_build_object('data', answer);
end $$;

revoke all on function prov.reopen_event(text) from public;
grant execute on function api.pattern(text), api.page(jsonb, jsonb, text[], text, text),
  api.admin_subscriptions(jsonb, jsonb), api.admin_payments(jsonb, jsonb), api.usage_json(public.usage_metrics), api.admin_usage(jsonb, jsonb),
  api.event_state(public.webhook_events), api.event_json(public.webhook_events),
  api.admin_webhook_events(jsonb, jsonb), prov.reopen_event(text), api.replay_event(jsonb, text),
  api.admin_audit(jsonb, jsonb) to mindroom_functions;
