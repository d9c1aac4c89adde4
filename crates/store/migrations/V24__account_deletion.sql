-- What the law gives a person: everything that is held about them, consent that can be taken back, and the end of their
-- account, with seven days in which that can be taken back, too. What is due is done by a job of its own.

alter table public.accounts add column consent_updated_at timestamptz;
grant update (consent_marketing, consent_analytics, consent_updated_at) on public.accounts to mindroom_functions;

-- An account that was deleted by its owner, until it is gone or was taken back.
create table public.account_deletions (
  account_id uuid primary key references public.accounts on delete cascade,
  requested_at timestamptz not null default now(),
  due_at timestamptz not null,
  -- Stripe's ids of those that end with their period for this alone, and go on when it is taken back
  subscriptions text[] not null default '{}',
  begun_at timestamptz                    -- from then on it cannot be taken back
);
alter table public.account_deletions enable row level security;
create policy functions on public.account_deletions to mindroom_functions
  using (account_id = (select api.current_account()) or (select api.sees_all()))
  with check (account_id = (select api.current_account()) or (select api.sees_all()));
create policy daemon on public.account_deletions to mindroom_daemon using (true) with check (true);
grant select, insert, delete on public.account_deletions to mindroom_functions;
grant select, update (begun_at) on public.account_deletions to mindroom_daemon;

-- A payment stays when its account goes: that it was made is the books' matter, and names nobody.
alter table public.payments alter column account_id drop not null;
alter table public.payments drop constraint payments_account_id_fkey;
alter table public.payments add constraint payments_account_id_fkey
  foreign key (account_id) references public.accounts on delete set null;

-- As api.enter, and a deleted account may come in as well: to take its things along, or to come back.
create function api.enter_departing(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  admitted constant jsonb := api.admit(p_call);
begin
  if admitted ? 'refusal' and admitted -> 'refusal' ->> 'code' <> 'account_deleted' then return admitted; end if;
  return (admitted - 'refusal') || api.claim_key(p_call);
end $$;

------------------------------------------------------------------------------------------------------------
-- Everything that is held. Of the long lists the newest 10,000, which nobody has in ninety days.
create function api.export_account(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_departing(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  mine constant jsonb := entered -> 'account';
begin
  if entered ? 'refusal' then return entered; end if;
  perform api.audit(p_call, 'account', caller, 'account.export', 'account', caller::text);
  return entered || jsonb_build_object('data', jsonb_build_object(
    'export_date', now(), 'account_id', caller,
    'personal_data', jsonb_build_object('email', mine -> 'email', 'full_name', mine -> 'full_name',
      'company_name', mine -> 'company_name', 'created_at', mine -> 'created_at', 'status', mine -> 'status',
      'tier', coalesce((select s.tier from api.current_subscription(caller) s), 'free'),
      'stripe_customer_id', mine -> 'stripe_customer_id', 'consent_marketing', mine -> 'consent_marketing',
      'consent_analytics', mine -> 'consent_analytics', 'consent_updated_at', mine -> 'consent_updated_at',
      'deleted_at', mine -> 'deleted_at',
      'support_notes', (select n.notes from account_notes n where n.account_id = caller)),
    'subscriptions', (select coalesce(jsonb_agg(api.subscription_json(s, mine ->> 'stripe_customer_id')
      order by s.created_at), '[]') from subscriptions s where s.account_id = caller),
    'instances', (select coalesce(jsonb_agg(api.instance_json(i, p_call ->> 'public_url') order by i.created_at), '[]')
      from instances i where i.account_id = caller),
    'instance_events', (select coalesce(jsonb_agg(to_jsonb(e) - 'account_id' order by e.id), '[]')
      from (select * from instance_events where account_id = caller order by id desc limit 10000) e),
    'usage_metrics', (select coalesce(jsonb_agg(api.usage_json(u) order by u.metric_date, u.id), '[]')
      from usage_metrics u where u.account_id = caller),
    'activity_history', (select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'action', l.action,
        'actor_type', l.actor_type, 'resource_type', l.resource_type, 'resource_id', l.resource_id,
        'ip_address', case l.actor_type when 'account' then l.ip_address end, 'created_at', l.created_at,
        'success', true) order by l.id), '[]')
      from (select * from audit_logs where account_id = caller order by id desc limit 10000) l),
    'payments', (select coalesce(jsonb_agg(api.payment_json(p) order by p.created_at, p.id), '[]')
      from payments p where p.account_id = caller),
    'checkout_sessions', (select coalesce(jsonb_agg(to_jsonb(c) - 'account_id' - 'url' order by c.created_at), '[]')
      from checkout_sessions c where c.account_id = caller),
    'webhook_events', (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'type', e.type, 'payload', e.payload,
        'created_at', e.created_at, 'received_at', e.received_at) order by e.received_at, e.id), '[]')
      from (select * from webhook_events where account_id = caller order by received_at desc limit 10000) e)));
end $$;

-- What was agreed to. Nothing that is not said is agreed.
create function api.change_consent(p_call jsonb, p_consent jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  mine accounts;
begin
  if entered ? 'refusal' then return entered; end if;
  update accounts a set consent_marketing = (p_consent ->> 'marketing')::boolean,
    consent_analytics = (p_consent ->> 'analytics')::boolean, consent_updated_at = now()
  where a.id = caller returning * into mine;
  perform api.audit(p_call, 'account', caller, 'account.consent', 'account', caller::text, p_consent);
  return entered || jsonb_build_object('data', jsonb_build_object('status', 'success',
    'consent', jsonb_build_object('marketing', mine.consent_marketing, 'analytics', mine.consent_analytics,
      'essential', true),
    'updated_at', mine.consent_updated_at));
end $$;

------------------------------------------------------------------------------------------------------------
-- Deletion. Stripe is asked in between, by the function.

-- An account's own way between active and deleted; the column is no functions' role's to write. Definer, and only for
-- the account that its statement works for. Answers whether that changed something.
create function api.set_departed(p_departs boolean) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.accounts a set status = case when p_departs then 'deleted' else 'active' end,
    deleted_at = case when p_departs then now() end
  where a.id = api.current_account() and a.status = case when p_departs then 'active' else 'deleted' end;
  return found;
end $$;

-- The job that is to come, in p_delay; its number in the answer.
create function prov.enqueue_account_deletion(p_account uuid, p_delay interval) returns jsonb
language sql volatile security definer set search_path = '' as $$
  select prov.job_json(prov.enqueue('account:' || p_account, p_account, 'delete-account', 'delete-account', 0,
    p_class => 1, p_delay => p_delay, p_payload => jsonb_build_object('account', p_account)))
$$;
-- Takes it out of the queue. Definer, and only for the account that its statement works for.
create function prov.forget_account_deletion() returns void
language sql volatile security definer set search_path = '' as $$
  select prov.cancel(j.id) from prov.jobs j
  where j.lane = 'account:' || api.current_account() and j.kind = 'delete-account' and j.state in ('queued', 'dead')
$$;

-- Lets the caller in to the end of its account. One that is deleted gets no further, but hears again under its
-- idempotency key what it was answered.
create function api.deletion_context(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_departing(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
begin
  if entered ? 'refusal' then return entered; end if;
  if entered -> 'account' ->> 'status' = 'deleted' then return entered || api.refusal('account_deleted'); end if;
  if (entered -> 'account' -> 'is_admin')::boolean then return entered || api.refusal('admin_stays'); end if;
  return entered || jsonb_build_object('data', jsonb_build_object(
    'customer_id', entered -> 'account' -> 'stripe_customer_id',
    'open_session', (select c.stripe_session_id from checkout_sessions c
      where c.account_id = caller and c.status = 'open')));
end $$;

-- The account is out with this: its instances stop, its sessions end. p_subscriptions: those that were made to end
-- with their period for it.
create function api.schedule_deletion(p_call jsonb, p_subscriptions text[], p_days integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
  due timestamptz := now() + p_days * interval '1 day';
  held integer;
begin
  perform set_config('app.account_id', caller::text, true);
  if api.set_departed(true) then
    held := api.hold_instances(caller);
    delete from sessions s where s.account_id = caller;
    update checkout_sessions c set status = 'expired' where c.account_id = caller and c.status = 'open';
    insert into account_deletions (account_id, due_at, subscriptions) values (caller, due, p_subscriptions);
    perform prov.enqueue_account_deletion(caller, due - now());
    perform api.audit(p_call, 'account', caller, 'account.delete', 'account', caller::text,
      jsonb_build_object('due_at', due, 'instances', held, 'subscriptions', to_jsonb(p_subscriptions)));
  else
    -- another request of the same account was faster
    select d.due_at into due from account_deletions d where d.account_id = caller;
  end if;
  return jsonb_build_object('data', jsonb_build_object('due_at', due));
end $$;

-- Lets a deleted account in to come back. `pending` is false when it is not on its way out at all.
create function api.return_context(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_departing(p_call);
  going account_deletions;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into going from account_deletions d where d.account_id = (p_call ->> 'sub')::uuid;
  if going.begun_at is not null or entered -> 'account' ->> 'status' = 'deleted' and going.account_id is null then
    return entered || api.refusal('deletion_begun');
  end if;
  return entered || jsonb_build_object('data', jsonb_build_object('pending', going.account_id is not null,
    'subscriptions', to_jsonb(coalesce(going.subscriptions, '{}'))));
end $$;

-- The account is as it was: what ran runs again, what was stopped by hand does not.
create function api.take_deletion_back(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
  released integer;
begin
  perform set_config('app.account_id', caller::text, true);
  -- gone when the job has begun in this very moment
  delete from account_deletions d where d.account_id = caller and d.begun_at is null;
  if not found then return api.refusal('deletion_begun'); end if;
  perform prov.forget_account_deletion();
  perform api.set_departed(false);
  released := api.release_instances(caller);
  perform api.audit(p_call, 'account', caller, 'account.restore', 'account', caller::text,
    jsonb_build_object('instances', released));
  return jsonb_build_object('data', true);
end $$;

------------------------------------------------------------------------------------------------------------
-- The job `delete-account`

-- What there is to do, or null when the job is lost: {gone} when the account came back or is no more; else {customer,
-- instances}, how many of them are still there. From here on it is not taken back.
create function prov.begin_account_deletion(p_job bigint, p_fence bigint, p_account uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  one record;
begin
  if not prov.holds(p_job, p_fence) then
    return null;
  end if;
  update public.account_deletions d set begun_at = coalesce(d.begun_at, now())
  where d.account_id = p_account and d.due_at <= now();
  if not found then
    return jsonb_build_object('gone', true);
  end if;
  for one in
    update public.instances i set desired_state = 'deleted', desired_gen = i.desired_gen + 1, held_with_account = false
    where i.account_id = p_account and i.desired_state <> 'deleted' returning i.id
  loop
    insert into public.instance_events (account_id, instance, kind, name) values (p_account, one.id, 'wish', 'delete');
    perform prov.enqueue_instance(one.id);
  end loop;
  return jsonb_build_object('gone', false,
    'customer', (select a.stripe_customer_id from public.accounts a where a.id = p_account),
    'instances', (select count(*) from public.instances i
      where i.account_id = p_account and i.status <> 'deprovisioned'));
end $$;

-- Ends it: the account, all that hangs on it, what Stripe told of it and who signed in by it are gone, and so is the
-- job, all or nothing. The audit log keeps that it was so, for as long as it keeps anything. Definer: the auth user is
-- the auth service's, and no role of ours may delete an account.
create function prov.erase_account(p_job bigint, p_fence bigint, p_account uuid) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  if not exists (select from public.account_deletions d where d.account_id = p_account and d.begun_at is not null) then
    return false;
  end if;
  delete from public.webhook_events e where e.account_id = p_account
    or e.customer_id = (select a.stripe_customer_id from public.accounts a where a.id = p_account);
  delete from public.idempotency_keys k where k.subject = p_account::text;
  delete from public.rate_limits r where r.subject = p_account::text;
  -- by hand, before the subscriptions that they refer to
  delete from public.instances i where i.account_id = p_account;
  delete from public.accounts a where a.id = p_account;
  delete from auth.users u where u.id = p_account;
  insert into public.audit_logs (account_id, actor_type, actor_id, action, resource_type, resource_id)
  values (p_account, 'daemon', 'delete-account', 'account.erase', 'account', p_account::text);
  return prov.finish(p_job, p_fence, 'done');
end $$;

revoke all on function prov.enqueue_account_deletion(uuid, interval), prov.forget_account_deletion(),
  prov.begin_account_deletion(bigint, bigint, uuid), prov.erase_account(bigint, bigint, uuid) from public;
grant execute on function api.enter_departing(jsonb), api.export_account(jsonb), api.change_consent(jsonb, jsonb),
  api.set_departed(boolean), prov.enqueue_account_deletion(uuid, interval), prov.forget_account_deletion(),
  api.deletion_context(jsonb), api.schedule_deletion(jsonb, text[], integer), api.return_context(jsonb),
  api.take_deletion_back(jsonb) to mindroom_functions;
grant execute on function prov.begin_account_deletion(bigint, bigint, uuid), prov.erase_account(bigint, bigint, uuid)
  to mindroom_daemon;
