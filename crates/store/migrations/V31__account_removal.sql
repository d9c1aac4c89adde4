-- An account that an admin has deleted for good, at once: by the job that also ends those whose owners asked for it.

-- As it was; and a deletion says when it was.
create or replace function api.set_account_status(p_account uuid, p_status text) returns void
language sql volatile security definer set search_path = '' as $$
  update public.accounts a set status = p_status,
    deleted_at = case p_status when 'deleted' then coalesce(a.deleted_at, now()) else a.deleted_at end
  where a.id = p_account and api.sees_all()
$$;

-- The end of an account under way, with the job that does it; null for one that stays.
create function api.account_deletion_json(p_account uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('requested_at', d.requested_at, 'due_at', d.due_at, 'begun_at', d.begun_at,
    'instances_left', (select count(*) from instances i where i.account_id = p_account and i.status <> 'deprovisioned'),
    'job', (select api.operated_job_json(v) from api.all_jobs v
      where v.lane = 'account:' || p_account and v.kind = 'delete-account' order by v.id desc limit 1))
  from account_deletions d where d.account_id = p_account
$$;

-- As it was; and how far its end is.
create or replace function api.admin_account_json(a public.accounts, p_public_url text) returns jsonb
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
      from (select * from audit_logs where account_id = a.id order by id desc limit 30) l),
    'deletion', api.account_deletion_json(a.id))
$$;

-- Has an account deleted for good. From here on its owner cannot take that back; the same again joins the job that is
-- there, or begins it anew when somebody took it away. Never an admin's account, hence never one's own or the last
-- admin's.
create function api.remove_account(p_call jsonb, p_account uuid, p_confirm text, p_reason text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  about accounts;
  job jsonb;
  stopped integer;
begin
  if entered ? 'refusal' then return entered; end if;
  -- beside api.change_admin: nobody is made an admin while being deleted
  perform pg_advisory_xact_lock(hashtextextended('admins', 0));
  select * into about from accounts a where a.id = p_account for update;
  if not found then return entered || api.refusal('account_not_found'); end if;
  if about.is_admin then return entered || api.refusal('account_is_admin'); end if;
  if lower(p_confirm) <> lower(about.email) then return entered || api.refusal('address_differs'); end if;
  perform api.set_account_status(p_account, 'deleted');
  stopped := api.hold_instances(p_account);
  delete from sessions s where s.account_id = p_account;
  if not exists (select from account_deletions d where d.account_id = p_account and d.begun_at is not null) then
    -- one that its owner asked for does not wait for its day any more
    delete from account_deletions d where d.account_id = p_account;
    insert into account_deletions (account_id, due_at, begun_at) values (p_account, now(), now());
  end if;
  select jsonb_build_object('id', j.id, 'kind', j.kind, 'state', j.state) into job from prov.jobs j
  where j.lane = 'account:' || p_account and j.kind = 'delete-account' and j.state = 'running';
  if job is null then
    job := prov.enqueue_account_deletion(p_account, '0');
  end if;
  perform api.audit(p_call, 'admin', p_account, 'account.remove', 'account', p_account::text,
    jsonb_build_object('status_before', about.status, 'instances', stopped), p_reason);
  return entered || jsonb_build_object('data', jsonb_build_object('account_id', p_account, 'job', job));
end $$;

-- As it was; but who was deleted for good does not begin anew with a token that outlived the account.
create or replace function api.admit(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
  told_at constant timestamptz := to_timestamp((p_call ->> 'issued_at')::bigint);
  mine accounts;
  rate jsonb;
begin
  perform set_config('app.account_id', caller::text, true),
    set_config('app.request_id', coalesce(p_call ->> 'request_id', ''), true),
    set_config('app.traceparent', coalesce(p_call ->> 'traceparent', ''), true);
  select * into mine from accounts where id = caller;
  if not found then
    if exists (select from audit_logs l where l.account_id = caller and l.action = 'account.erase') then
      rate := api.count_request(caller::text, p_call ->> 'group', (p_call ->> 'limit')::integer);
      return jsonb_build_object('rate', rate)
        || api.refusal(case when (rate -> 'exceeded')::boolean then 'rate_limited' else 'account_erased' end);
    end if;
    insert into accounts (id, email, email_as_of, full_name, status)
    values (caller, p_call ->> 'email', told_at, nullif(p_call ->> 'full_name', ''), 'active')
    on conflict (id) do nothing;
    select * into strict mine from accounts where id = caller;
  elsif mine.email is distinct from p_call ->> 'email' and coalesce(told_at >= mine.email_as_of, true) then
    -- the address was changed at the auth service, which the token proves
    update accounts set email = p_call ->> 'email', email_as_of = told_at where id = caller returning * into mine;
  end if;
  rate := api.count_request(caller::text, p_call ->> 'group', (p_call ->> 'limit')::integer);
  return jsonb_build_object('account', to_jsonb(mine), 'rate', rate)
    || case
         when (rate -> 'exceeded')::boolean then api.refusal('rate_limited')
         when mine.status = 'suspended' then api.refusal('account_suspended')
         when mine.status = 'deleted' then api.refusal('account_deleted')
         when mine.status = 'pending_verification' then api.refusal('address_not_confirmed')
         else '{}'
       end;
end $$;

grant execute on function api.account_deletion_json(uuid), api.remove_account(jsonb, uuid, text, text)
  to mindroom_functions;
