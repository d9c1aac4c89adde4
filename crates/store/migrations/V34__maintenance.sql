-- Upkeep: what is to be forgotten, what is overdue, and what becomes of instances that nobody pays for. Each item is a
-- statement of its own, so that one that fails holds no other up.

------------------------------------------------------------------------------------------------------------
-- Since when a subscription is not paid for

alter table public.subscriptions add column unpaid_since timestamptz;
-- A charge failed. Else it ended as it should, and there is nothing to wait for.
alter table public.subscriptions add column charge_failed boolean not null default false;
create index subscriptions_unpaid on public.subscriptions (unpaid_since) where unpaid_since is not null;

-- How far the dunning of an instance is: each step is taken once, so that what an admin wishes afterwards stays.
alter table public.instances add column dunning_step text check (dunning_step in ('pause', 'stop', 'remove'));
-- Ran when it was stopped for it, and runs again once the plan is paid.
alter table public.instances add column held_for_payment boolean not null default false;
-- Its homeserver is to run, its agents are not; the daemon tells the customer once it is so (`notice`).
alter table public.instances add column ai_paused boolean not null default false;
create index instances_dunned on public.instances (account_id) where dunning_step is not null;

create function prov.note_unpaid() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.tier = 'free' or api.access_of(new.status) = 'full' then
    new.unpaid_since := null;
    new.charge_failed := false;
  elsif new.status <> 'unknown' then
    -- what we do not understand is a person's to look into, not the customer's to pay for
    new.unpaid_since := coalesce(new.unpaid_since, now());
    new.charge_failed := new.charge_failed or new.status in ('past_due', 'unpaid');
  end if;
  return new;
end $$;
create trigger subscriptions_unpaid before insert or update of status, tier on public.subscriptions
  for each row execute function prov.note_unpaid();
-- What is unpaid already counts from now: nobody is dunned for days that were not counted.
alter table public.subscriptions disable trigger subscriptions_touch;
update public.subscriptions set unpaid_since = now(), charge_failed = status in ('past_due', 'unpaid')
where tier <> 'free' and status <> 'unknown' and api.access_of(status) <> 'full';
alter table public.subscriptions enable trigger subscriptions_touch;

-- Has those instances of an account run again that were dunned and are paid for now, also by another subscription: then
-- they go over to that one. Answers how many.
create function prov.resume_paid(p_account uuid) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  one public.instances;
  paid public.subscriptions;
  count integer := 0;
begin
  for one in
    select i.* from public.instances i
    where i.account_id = p_account and i.dunning_step is not null and i.desired_state <> 'deleted'
    order by i.created_at for update
  loop
    select s.* into paid from public.subscriptions s where s.id = one.subscription_id;
    if paid.unpaid_since is not null then
      paid := api.current_subscription(p_account);
      continue when paid.id is null or paid.tier = 'free' or api.access_of(paid.status) <> 'full'
        or exists (select from public.instances o where o.subscription_id = paid.id and o.status <> 'deprovisioned');
    end if;
    update public.instances i set dunning_step = null, ai_paused = false, held_for_payment = false,
      subscription_id = paid.id, tier = paid.tier, desired_gen = i.desired_gen + 1,
      desired_state = case when one.held_for_payment and exists (select from public.accounts a
        where a.id = p_account and a.status = 'active') then 'running' else i.desired_state end
    where i.id = one.id;
    insert into public.instance_events (account_id, instance, kind, name) values (p_account, one.id, 'wish', 'paid');
    perform prov.enqueue_instance(one.id);
    count := count + 1;
  end loop;
  return count;
end $$;

create function prov.resume_when_paid() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform prov.resume_paid(new.account_id);
  return new;
end $$;
create trigger subscriptions_paid after insert or update of status, tier on public.subscriptions
  for each row when (new.tier <> 'free' and new.unpaid_since is null)
  execute function prov.resume_when_paid();

-- What a customer reads of it beside the status.
create or replace function api.status_hint(i public.instances) returns text
language plpgsql stable set search_path = '' as $$
begin
  return case
    when i.attention_since is not null then 'We were told and look into it. A restart may help sooner.'
    when i.status = 'stopped' and i.held_for_payment then
      'It was stopped because your plan is not paid. Pay to have it run again; its data is kept for a while.'
    when i.status = 'provisioning' then 'The first start usually takes less than a minute.'
    when i.status = 'restarting' then 'It will be back shortly.'
    when i.status = 'stopping' then 'It is being stopped; its data is kept.'
    when i.status = 'stopped' then 'Start it whenever you like; its data is kept.'
    when i.status = 'degraded' then 'We are repairing it. A restart may help sooner.'
    when i.status = 'error' then 'Start it to try again, or delete it.'
    when i.status = 'unknown' then 'We cannot see it at present and keep looking.'
    when i.status = 'running' and i.health = 'unknown' then 'Waiting for the first health check.'
  end;
end $$;

------------------------------------------------------------------------------------------------------------
-- The items. Definer: they are about everybody's rows, and only for a statement that a machine began. Each takes a
-- bounded number of rows; what is left is for the next call.

-- What stands in the log of rights and of ends is kept longer than the rest.
create function prov.is_kept_long(p_action text) returns boolean
language sql immutable set search_path = '' as $$
  select p_action like 'admin.%' or p_action in ('account.delete', 'account.remove', 'account.erase', 'account.restore',
    'account.suspend', 'account.activate')
$$;

-- Retention is the one that takes entries away, and only old ones. The setting opens nothing by itself: no role of ours
-- may delete here.
create or replace function public.refuse_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    if current_setting('app.forgets', true) = 'on' and old.created_at < now() - interval '1 day' then
      return old;
    end if;
  end if;
  raise exception 'the audit log is append-only';
end $$;
create index audit_logs_age on public.audit_logs (created_at);
create index webhook_events_age on public.webhook_events (received_at);

-- p_days: {audit, audit_rights, webhooks, usage}. Answers how many rows are gone.
create function prov.forget_old(p_days jsonb) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  older_than constant timestamptz[] := array(select now() - make_interval(days => (p_days ->> name)::integer)
    from unnest(array['audit', 'audit_rights', 'webhooks', 'usage']) with ordinality n (name, place) order by place);
  at_most constant integer := 5000;
  gone bigint;
  more bigint;
begin
  if not api.sees_all() then return null; end if;
  perform set_config('app.forgets', 'on', true);
  delete from public.audit_logs where id in (select l.id from public.audit_logs l
    where l.created_at < older_than[1] and (l.created_at < older_than[2] or not prov.is_kept_long(l.action))
    order by l.created_at limit at_most);
  get diagnostics gone = row_count;
  perform set_config('app.forgets', '', true);
  delete from public.webhook_events where id in (select e.id from public.webhook_events e
    where e.received_at < older_than[3] order by e.received_at limit at_most);
  get diagnostics more = row_count; gone := gone + more;
  delete from public.usage_metrics where id in (select u.id from public.usage_metrics u
    where u.metric_date < older_than[4]::date limit at_most);
  get diagnostics more = row_count; gone := gone + more;
  delete from public.sessions where ctid = any (array(select s.ctid from public.sessions s
    where s.expires_at < now() limit at_most));
  get diagnostics more = row_count; gone := gone + more;
  delete from public.idempotency_keys where ctid = any (array(select k.ctid from public.idempotency_keys k
    where k.created_at < now() - interval '24 hours' limit at_most));
  get diagnostics more = row_count;
  return gone + more;
end $$;

-- Trials that are over and of which Stripe has not told: its list is looked through. Answers how many.
create function prov.settle_trials() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  overdue integer;
begin
  if not api.sees_all() then return null; end if;
  select count(*) into overdue from public.subscriptions s
  where s.status = 'trialing' and s.trial_ends_at < now() - interval '1 hour';
  if overdue > 0 then
    perform prov.enqueue_stripe_catch_up();
  end if;
  return overdue;
end $$;

-- The step that an unpaid instance is due for, or null. What ended as it should stops at once; its data is kept as long
-- as that of others after their stop.
create function prov.dunning_step(p_unpaid_since timestamptz, p_charge_failed boolean, p_days jsonb) returns text
language sql stable set search_path = '' as $$
  select case
    when days >= (p_days ->> 'remove')::integer - case when p_charge_failed then 0 else (p_days ->> 'stop')::integer end
      then 'remove'
    when not p_charge_failed or days >= (p_days ->> 'stop')::integer then 'stop'
    when days >= (p_days ->> 'pause')::integer then 'pause' end
  from (select extract(epoch from now() - p_unpaid_since) / 86400 as days) unpaid
$$;

-- p_days: {pause, stop, remove}. Answers {paused, stopped, removed, resumed}.
create function prov.dun(p_days jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  one record;
  counts jsonb := '{"paused": 0, "stopped": 0, "removed": 0, "resumed": 0}';
  word text;
  resumed integer;
begin
  if not api.sees_all() then return null; end if;
  -- the trigger has done that already, unless a payment and a step came at the same moment
  select coalesce(sum(prov.resume_paid(d.account_id)), 0) into resumed
  from (select distinct i.account_id from public.instances i join public.subscriptions s on s.id = i.subscription_id
    where i.dunning_step is not null and i.desired_state <> 'deleted' and s.unpaid_since is null limit 200) d;
  counts := counts || jsonb_build_object('resumed', resumed);
  for one in
    select i.id, i.account_id, i.desired_state, due.step from public.instances i
    join public.subscriptions s on s.id = i.subscription_id
    cross join lateral (select prov.dunning_step(s.unpaid_since, s.charge_failed, p_days) as step) due
    where s.unpaid_since is not null and i.desired_state <> 'deleted'
      and array_position(array['pause', 'stop', 'remove'], due.step)
        > coalesce(array_position(array['pause', 'stop', 'remove'], i.dunning_step), 0)
    order by s.unpaid_since, i.id limit 200
    for update of i skip locked
  loop
    update public.instances i set dunning_step = one.step, desired_gen = i.desired_gen + 1,
      ai_paused = one.step <> 'remove',
      held_for_payment = i.held_for_payment or one.step = 'stop' and i.desired_state = 'running',
      desired_state = case one.step when 'stop' then 'stopped' when 'remove' then 'deleted' else i.desired_state end
    where i.id = one.id;
    insert into public.instance_events (account_id, instance, kind, name)
    values (one.account_id, one.id, 'wish', 'unpaid_' || one.step);
    insert into public.audit_logs (account_id, actor_type, actor_id, action, resource_type, resource_id)
    values (one.account_id, 'system', 'dunning', 'instance.unpaid_' || one.step, 'instance', one.id::text);
    perform prov.enqueue_instance(one.id);
    word := case one.step when 'pause' then 'paused' when 'stop' then 'stopped' else 'removed' end;
    counts := jsonb_set(counts, array[word], to_jsonb((counts ->> word)::integer + 1));
  end loop;
  return counts;
end $$;

-- Ends of accounts whose day has come and which have no job: it waits for that day in the queue, unless somebody took it
-- away. Answers how many.
create function prov.settle_deletions() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  found_ones integer;
begin
  if not api.sees_all() then return null; end if;
  select count(prov.enqueue_account_deletion(d.account_id, '0')) into found_ones from public.account_deletions d
  where d.due_at <= now() and not exists (select from prov.jobs j
    where j.lane = 'account:' || d.account_id and j.kind = 'delete-account');
  return found_ones;
end $$;

-- Keys of machines whose day is over are marked as revoked, so that a list shows it. Answers {expired, expiring}: how
-- many, and how many end within 14 days.
create function prov.settle_keys() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  expired integer;
begin
  if not api.sees_all() then return null; end if;
  update public.service_keys k set revoked_at = k.expires_at where k.expires_at <= now() and k.revoked_at is null;
  get diagnostics expired = row_count;
  return jsonb_build_object('expired', expired, 'expiring', (select count(*) from public.service_keys k
    where k.revoked_at is null and k.expires_at < now() + interval '14 days'));
end $$;

-- Lets a machine in to the upkeep, whose items follow, each in a statement of its own.
create function api.begin_maintenance(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  perform api.audit(p_call || jsonb_build_object('key_name', entered ->> 'key_name'), 'system', null,
    'platform.maintain', 'platform', null);
  return entered || jsonb_build_object('data', true);
end $$;

-- One item, by its name. Answers its counts.
create function api.maintain(p_call jsonb, p_item text, p_days jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', case p_item
    when 'retention' then jsonb_build_object('forgotten', prov.forget_old(p_days))
    when 'expired_trials' then jsonb_build_object('expired_trials', prov.settle_trials())
    when 'dunning' then prov.dun(p_days)
    when 'account_deletions' then jsonb_build_object('account_deletions', prov.settle_deletions())
    when 'key_expiry' then prov.settle_keys() end);
end $$;

revoke all on function prov.note_unpaid(), prov.resume_paid(uuid), prov.resume_when_paid(), prov.is_kept_long(text),
  prov.forget_old(jsonb), prov.settle_trials(), prov.dunning_step(timestamptz, boolean, jsonb), prov.dun(jsonb),
  prov.settle_deletions(), prov.settle_keys() from public;
grant execute on function prov.forget_old(jsonb), prov.settle_trials(), prov.dun(jsonb), prov.settle_deletions(),
  prov.settle_keys(), api.begin_maintenance(jsonb), api.maintain(jsonb, text, jsonb) to mindroom_functions;
