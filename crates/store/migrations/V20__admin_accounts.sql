-- Admins at work on accounts: one in detail, its names and notes, suspension, and who is an admin.

-- Was stopped together with its account, and runs again when the account is let in again. Any wish for it ends that.
alter table public.instances add column held_with_account boolean not null default false;
grant update (held_with_account) on public.instances to mindroom_functions;

-- What operators note on an account. Beside `accounts`, where an account may read its own row.
create table public.account_notes (
  account_id uuid primary key references public.accounts on delete cascade,
  notes text not null,
  updated_at timestamptz not null default now()
);
alter table public.account_notes enable row level security;
create policy functions on public.account_notes to mindroom_functions
  using (account_id = (select api.current_account()) or (select api.sees_all()))
  with check (account_id = (select api.current_account()) or (select api.sees_all()));
grant select, insert, update, delete on public.account_notes to mindroom_functions;

------------------------------------------------------------------------------------------------------------
-- One account in detail

create function api.listed_account_json(a public.accounts) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', a.id, 'email', a.email, 'full_name', a.full_name, 'company_name', a.company_name,
    'status', a.status, 'is_admin', a.is_admin, 'tier', coalesce((current.s).tier, 'free'),
    'subscription_status', (current.s).status,
    'instances', (select count(*) from instances i where i.account_id = a.id and i.status <> 'deprovisioned'),
    'stripe_customer_id', a.stripe_customer_id, 'created_at', a.created_at)
  from (select api.current_subscription(a.id) as s) current
$$;

create function api.payment_json(p public.payments) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', p.id, 'account_id', p.account_id, 'stripe_invoice_id', p.stripe_invoice_id,
    'stripe_subscription_id', p.stripe_subscription_id, 'number', p.number, 'status', p.status,
    'amount_due', p.amount_due, 'amount_paid', p.amount_paid, 'currency', p.currency,
    'hosted_invoice_url', p.hosted_invoice_url, 'created_at', p.created_at)
$$;

create function api.audit_json(l public.audit_logs) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', l.id, 'created_at', l.created_at, 'actor_type', l.actor_type, 'actor_id', l.actor_id,
    'action', l.action, 'resource_type', l.resource_type, 'resource_id', l.resource_id, 'account_id', l.account_id,
    'account_email', (select a.email from accounts a where a.id = l.account_id), 'reason', l.reason,
    'details', l.details, 'ip_address', l.ip_address, 'request_id', l.request_id)
$$;

-- With the newest of what belongs to it: 50 instances, deleted ones too, 20 payments, 30 entries of the audit log.
create function api.admin_account_json(a public.accounts, p_public_url text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'account', api.listed_account_json(a) || jsonb_build_object('updated_at', a.updated_at, 'deleted_at', a.deleted_at,
      'consent_marketing', a.consent_marketing, 'consent_analytics', a.consent_analytics,
      'notes', (select n.notes from account_notes n where n.account_id = a.id)),
    'subscription', (select api.subscription_json(s, a.stripe_customer_id)
      from api.current_subscription(a.id) s where s.id is not null),
    'subscriptions', (select coalesce(jsonb_agg(api.subscription_json(s, a.stripe_customer_id)
        order by s.created_at desc), '[]') from subscriptions s where s.account_id = a.id),
    'instances', (select coalesce(jsonb_agg(api.instance_json(i, p_public_url) order by i.created_at desc), '[]')
      from (select * from instances where account_id = a.id order by created_at desc limit 50) i),
    'payments', (select coalesce(jsonb_agg(api.payment_json(p) order by p.created_at desc), '[]')
      from (select * from payments where account_id = a.id order by created_at desc limit 20) p),
    'activity', (select coalesce(jsonb_agg(api.audit_json(l) order by l.id desc), '[]')
      from (select * from audit_logs where account_id = a.id order by id desc limit 30) l))
$$;

create function api.admin_account(p_call jsonb, p_account uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  about accounts;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into about from accounts a where a.id = p_account;
  if not found then return entered || api.refusal('account_not_found'); end if;
  return entered || jsonb_build_object('data', api.admin_account_json(about, p_call ->> 'public_url'));
end $$;

-- p_names: {full_name, company_name, notes}, each a text or null, which takes it away.
create function api.edit_account(p_call jsonb, p_account uuid, p_names jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  about accounts;
  was jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  select * into about from accounts a where a.id = p_account for update;
  if not found then return entered || api.refusal('account_not_found'); end if;
  was := jsonb_build_object('full_name', about.full_name, 'company_name', about.company_name,
    'notes', (select n.notes from account_notes n where n.account_id = p_account));
  update accounts a set full_name = p_names ->> 'full_name', company_name = p_names ->> 'company_name'
  where a.id = p_account returning * into about;
  if p_names ->> 'notes' is null then
    delete from account_notes n where n.account_id = p_account;
  else
    insert into account_notes (account_id, notes) values (p_account, p_names ->> 'notes')
    on conflict (account_id) do update set notes = excluded.notes, updated_at = now();
  end if;
  -- which of them were changed, never to what: personal data must not outlive the account in this log
  perform api.audit(p_call, 'admin', p_account, 'account.edit', 'account', p_account::text,
    jsonb_build_object('changed', (select coalesce(jsonb_agg(k order by k), '[]') from jsonb_object_keys(was) k
      where was -> k is distinct from coalesce(p_names -> k, 'null'))));
  return entered || jsonb_build_object('data', api.admin_account_json(about, p_call ->> 'public_url'));
end $$;

------------------------------------------------------------------------------------------------------------
-- Suspension, and who is an admin. Both columns are no functions' role's to write: definer, and only for a statement
-- that an admin began.

create function api.set_account_status(p_account uuid, p_status text) returns void
language sql volatile security definer set search_path = '' as $$
  update public.accounts a set status = p_status where a.id = p_account and api.sees_all()
$$;

create function api.set_admin(p_account uuid, p_is_admin boolean) returns void
language sql volatile security definer set search_path = '' as $$
  update public.accounts a set is_admin = p_is_admin where a.id = p_account and api.sees_all()
$$;

-- Stops the instances of an account that should run, and remembers which those were. Answers how many.
create function api.hold_instances(p_account uuid) returns integer
language plpgsql set search_path = public, pg_temp as $$
declare
  held instances;
  count integer := 0;
begin
  for held in
    update instances i set held_with_account = true, desired_state = 'stopped', desired_gen = desired_gen + 1
    where i.account_id = p_account and i.desired_state = 'running' returning *
  loop
    insert into instance_events (account_id, instance, kind, name) values (p_account, held.id, 'wish', 'stop');
    perform prov.enqueue_instance(held.id);
    count := count + 1;
  end loop;
  return count;
end $$;

-- Has those run again that were stopped by it and are still paid for. Answers how many.
create function api.release_instances(p_account uuid) returns integer
language plpgsql set search_path = public, pg_temp as $$
declare
  held record;
  count integer := 0;
begin
  for held in
    select i.id, i.desired_state = 'stopped' and s.tier <> 'free' and api.access_of(s.status) <> 'none' as runs
    from instances i join subscriptions s on s.id = i.subscription_id
    where i.account_id = p_account and i.held_with_account
    for update of i
  loop
    update instances i set held_with_account = false,
      desired_state = case when held.runs then 'running' else desired_state end, desired_gen = desired_gen + held.runs::integer
    where i.id = held.id;
    continue when not held.runs;
    insert into instance_events (account_id, instance, kind, name) values (p_account, held.id, 'wish', 'start');
    perform prov.enqueue_instance(held.id);
    count := count + 1;
  end loop;
  return count;
end $$;

-- Suspends an account, or lets it in again as it was. p_status: suspended or active. The same again changes nothing.
create function api.change_account_status(p_call jsonb, p_account uuid, p_status text, p_reason text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  about accounts;
  touched integer := 0;
begin
  if entered ? 'refusal' then return entered; end if;
  -- beside api.change_admin: nobody is made an admin while being suspended
  perform pg_advisory_xact_lock(hashtextextended('admins', 0));
  select * into about from accounts a where a.id = p_account for update;
  if not found then return entered || api.refusal('account_not_found'); end if;
  if about.status = 'deleted' then return entered || api.refusal('account_is_deleted'); end if;
  if p_status = 'suspended' and about.is_admin then return entered || api.refusal('account_is_admin'); end if;
  if about.status <> p_status then
    perform api.set_account_status(p_account, p_status);
    if p_status = 'suspended' then
      touched := api.hold_instances(p_account);
      delete from sessions s where s.account_id = p_account;
    else
      touched := api.release_instances(p_account);
    end if;
  end if;
  perform api.audit(p_call, 'admin', p_account,
    case p_status when 'suspended' then 'account.suspend' else 'account.activate' end, 'account', p_account::text,
    jsonb_build_object('status_before', about.status, 'instances', touched), p_reason);
  return entered || jsonb_build_object('data', jsonb_build_object('status', 'success', 'account_id', p_account,
    'new_status', p_status, 'instances', touched));
end $$;

-- Makes an account an admin or takes that away. There is always an admin who can come in.
create function api.change_admin(p_call jsonb, p_account uuid, p_is_admin boolean, p_reason text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  about accounts;
begin
  if entered ? 'refusal' then return entered; end if;
  -- two admins who take it from each other at once: the second waits here, and finds itself the last
  perform pg_advisory_xact_lock(hashtextextended('admins', 0));
  select * into about from accounts a where a.id = p_account for update;
  if not found then return entered || api.refusal('account_not_found'); end if;
  if p_is_admin and about.status <> 'active' then
    return entered || api.refusal('account_not_active', jsonb_build_object('status', about.status));
  end if;
  if not p_is_admin and about.is_admin and not exists (select 1 from accounts a
      where a.is_admin and a.status = 'active' and a.id <> p_account) then
    return entered || api.refusal('last_admin');
  end if;
  perform api.set_admin(p_account, p_is_admin);
  perform api.audit(p_call, 'admin', p_account, case when p_is_admin then 'admin.grant' else 'admin.revoke' end,
    'account', p_account::text, jsonb_build_object('was_admin', about.is_admin), p_reason);
  return entered || jsonb_build_object('data', jsonb_build_object('account_id', p_account, 'is_admin', p_is_admin));
end $$;

-- As it was, and in the audit log by a name of its own.
create or replace function api.end_sessions(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  ended integer;
begin
  if entered ? 'refusal' then return entered; end if;
  delete from sessions where account_id = caller;
  get diagnostics ended = row_count;
  perform api.audit(p_call, 'admin', caller, 'session.end', 'session', null, jsonb_build_object('ended', ended));
  return entered || jsonb_build_object('data', jsonb_build_object('success', true, 'ended', ended));
end $$;

grant execute on function api.listed_account_json(public.accounts), api.payment_json(public.payments),
  api.audit_json(public.audit_logs), api.admin_account_json(public.accounts, text), api.admin_account(jsonb, uuid),
  api.edit_account(jsonb, uuid, jsonb), api.set_account_status(uuid, text), api.set_admin(uuid, boolean),
  api.hold_instances(uuid), api.release_instances(uuid), api.change_account_status(jsonb, uuid, text, text),
  api.change_admin(jsonb, uuid, boolean, text) to mindroom_functions;
