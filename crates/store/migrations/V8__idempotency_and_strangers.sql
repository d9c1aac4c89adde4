-- Commands done once for one `Idempotency-Key`, a limit for callers who cannot be told, and audit entries for
-- the writes that had none.

-- A key belongs to its caller and operation. What the command answered is kept by the same statement that did it,
-- so a request that died in between left nothing and one that was done is never done again. Kept for 24 hours.
create table public.idempotency_keys (
  subject text not null,                  -- the account's id, or `machine:` and the digest of its key
  operation text not null,
  key text not null,
  id uuid not null default gen_random_uuid(), -- made anew when a key is used again after 24 hours
  request_sha256 text not null,           -- of path, query and body
  attempt uuid not null,                  -- the request that has it in hand, or had
  answer jsonb,                           -- data or refusal; null while the command is under way
  claimed_until timestamptz not null,     -- after that, a request without an answer counts as dead
  created_at timestamptz not null default now(),
  primary key (subject, operation, key)
);
create index idempotency_keys_age on public.idempotency_keys (created_at);
alter table public.idempotency_keys enable row level security;
revoke all on public.idempotency_keys from anon, authenticated, public;
grant select, insert, update on public.idempotency_keys to mindroom_functions;
grant delete on public.idempotency_keys to mindroom_functions;
-- The functions' role sees the keys of the caller that its statement works for.
create policy functions on public.idempotency_keys to mindroom_functions
  using (subject = (select current_setting('app.key_subject', true)))
  with check (subject = (select current_setting('app.key_subject', true)));

-- Forgets some keys whose day is over. Definer: they are other callers'.
create function api.forget_keys() returns void
language sql security definer set search_path = public, pg_temp as $$
  delete from idempotency_keys where (subject, operation, key) in (
    select subject, operation, key from idempotency_keys
    where created_at < now() - interval '24 hours'
    order by created_at limit 20 for update skip locked)
$$;

-- Takes the call's key in hand. Answers {"claim"}; a refusal; or, for a command that was done, no refusal and
-- `replay`: what it answered. (A null `refusal` stops the command as any other does.)
create function api.claim_key(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  given constant jsonb := nullif(p_call -> 'idempotency', 'null');
  known idempotency_keys;
begin
  if given is null then return '{}'; end if;
  perform set_config('app.key_subject', given ->> 'subject', true);
  -- of two at once the second is told so, rather than made to wait for the first
  if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', 'idempotency', given ->> 'subject',
      p_call ->> 'operation', given ->> 'key'), 0)) then
    return api.refusal('idempotency_key_in_use');
  end if;
  perform api.forget_keys();
  select * into known from idempotency_keys k
  where k.subject = given ->> 'subject' and k.operation = p_call ->> 'operation' and k.key = given ->> 'key'
    and k.created_at >= now() - interval '24 hours';
  if not found then
    -- an old row may be left where forget_keys had many
    insert into idempotency_keys as k (subject, operation, key, request_sha256, attempt, claimed_until)
    values (given ->> 'subject', p_call ->> 'operation', given ->> 'key', given ->> 'request_sha256',
      (given ->> 'attempt')::uuid, now() + interval '2 minutes')
    on conflict (subject, operation, key) do update
      set id = gen_random_uuid(), request_sha256 = excluded.request_sha256, attempt = excluded.attempt,
        answer = null, claimed_until = excluded.claimed_until, created_at = now()
    returning * into known;
    return jsonb_build_object('claim', known.id);
  end if;
  if known.request_sha256 <> given ->> 'request_sha256' then return api.refusal('idempotency_key_reused'); end if;
  if known.answer is not null then
    return jsonb_build_object('refusal', null, 'replay', known.answer);
  end if;
  if known.claimed_until > now() then return api.refusal('idempotency_key_in_use'); end if;
  -- its request died: this one does what that one did not finish, under the same id towards others
  update idempotency_keys k
  set attempt = (given ->> 'attempt')::uuid, claimed_until = now() + interval '2 minutes'
  where k.subject = known.subject and k.operation = known.operation and k.key = known.key;
  return jsonb_build_object('claim', known.id);
end $$;

-- Keeps what a command answered under the key that it has in hand, in the command's own statement:
-- `select api.answered($1, api.provision($1, …))`. Answers the same.
create function api.answered(p_call jsonb, p_answer jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  given constant jsonb := nullif(p_call -> 'idempotency', 'null');
begin
  if given is not null then
    perform set_config('app.key_subject', given ->> 'subject', true);
    update idempotency_keys k
    set answer = jsonb_strip_nulls(jsonb_build_object('refusal', p_answer -> 'refusal'))
      || case when p_answer ? 'data' then jsonb_build_object('data', p_answer -> 'data') else '{}' end
    where k.subject = given ->> 'subject' and k.operation = p_call ->> 'operation' and k.key = given ->> 'key'
      and k.attempt = (given ->> 'attempt')::uuid and k.answer is null;
  end if;
  return p_answer;
end $$;

-- For a command that goes on outside of the database: only that it was refused is kept at its begin. What it
-- answers at last is kept by api.answered in a statement of its own.
create function api.begun(p_call jsonb, p_answer jsonb) returns jsonb
language sql set search_path = '' as $$
  select case when p_answer ? 'refusal' then api.answered(p_call, p_answer) else p_answer end
$$;

-- Lets go of a key whose command failed on the way, so that it can be tried again at once.
create function api.release_key(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  given constant jsonb := nullif(p_call -> 'idempotency', 'null');
begin
  perform set_config('app.key_subject', given ->> 'subject', true);
  update idempotency_keys k set claimed_until = now()
  where k.subject = given ->> 'subject' and k.operation = p_call ->> 'operation' and k.key = given ->> 'key'
    and k.attempt = (given ->> 'attempt')::uuid and k.answer is null;
  return jsonb_build_object('data', true);
end $$;

-- Counts a request without a proof that holds, by its client's address. A good proof is never refused for a
-- neighbour's bad ones: guesses of keys and signatures are hopeless, what is limited is what they cost us.
create index rate_limits_age on public.rate_limits (window_start);
create function api.count_stranger(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  rate constant jsonb := api.count_request('address:' || (p_call ->> 'network'), 'anonymous',
    (p_call ->> 'stranger_limit')::integer);
begin
  if (rate ->> 'remaining')::integer = (rate ->> 'limit')::integer - 1 then
    -- the first in its minute: addresses come and go, so their old rows must go too
    delete from rate_limits where ctid = any (array(
      select ctid from rate_limits where window_start < now() - interval '5 minutes'
      order by window_start limit 20 for update skip locked));
  end if;
  return jsonb_build_object('rate', rate, 'data', true)
    || case when (rate -> 'exceeded')::boolean then api.refusal('rate_limited') else '{}' end;
end $$;

-- Counts a request that was refused before any statement counted it: what an account sends that cannot be read
-- is limited as everything else is.
create function api.count_refused(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  rate constant jsonb := api.count_request(p_call ->> 'sub', p_call ->> 'group', (p_call ->> 'limit')::integer);
begin
  return jsonb_build_object('rate', rate, 'data', true)
    || case when (rate -> 'exceeded')::boolean then api.refusal('rate_limited') else '{}' end;
end $$;

-- api.enter as it was, without the key; what lets accounts and admins in takes the key after all its own checks.
alter function api.enter(jsonb) rename to admit;
create function api.enter(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  admitted constant jsonb := api.admit(p_call);
begin
  if admitted ? 'refusal' then return admitted; end if;
  return admitted || api.claim_key(p_call);
end $$;

create or replace function api.enter_admin(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  admitted constant jsonb := api.admit(p_call);
begin
  if admitted ? 'refusal' then return admitted; end if;
  if not (admitted -> 'account' -> 'is_admin')::boolean then
    return admitted || api.refusal('admin_only');
  end if;
  perform set_config('app.scope', 'admin', true);
  perform api.audit(p_call, 'admin', null, p_call ->> 'operation', 'platform', null);
  return admitted || api.claim_key(p_call);
end $$;

-- As it was; a wrong key counts against its address.
create or replace function api.enter_system(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  key service_keys;
  counted jsonb;
begin
  select * into key from service_keys
  where sha256 = decode(p_call ->> 'key_sha256', 'hex')
    and revoked_at is null and (expires_at is null or expires_at > now());
  if not found then
    counted := api.count_stranger(p_call);
    return (counted - 'data') || case when counted ? 'refusal' then '{}' else api.refusal('unknown_key') end;
  end if;
  if not (p_call ->> 'scope') = any (key.scopes) then
    return api.refusal('scope_missing', jsonb_build_object('scope', p_call ->> 'scope'));
  end if;
  perform set_config('app.scope', 'system', true);
  return jsonb_build_object('key_name', key.name) || api.claim_key(p_call);
end $$;

-- As it was, and in the audit log when it takes instances: the key that did it, and from where.
create or replace function api.claim_health_checks(p_call jsonb, p_limit integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
  taken jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  with due as materialized (
    select id from instances
    where desired_state = 'running' and status in ('running', 'degraded') and next_check_at <= now()
    order by next_check_at limit p_limit
    for update skip locked
  ), claimed as (
    update instances i set next_check_at = now() + interval '60 seconds' from due where i.id = due.id
    returning i.id, i.subdomain, i.internal_urls
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'internal_urls', internal_urls,
    'web_url', api.host_url(p_call ->> 'public_url', subdomain),
    'matrix_url', api.host_url(p_call ->> 'public_url', subdomain || '.matrix'))), '[]')
  into taken from claimed;
  if jsonb_array_length(taken) > 0 then
    perform api.audit(p_call || jsonb_build_object('key_name', entered ->> 'key_name'), 'system', null,
      'health.check', 'platform', null, jsonb_build_object('instances', jsonb_array_length(taken)));
  end if;
  return entered || jsonb_build_object('data', taken);
end $$;

-- As it was, and in the audit log; p_event also carries address and request_id.
create or replace function api.receive_event(p_event jsonb, p_payload jsonb) returns jsonb
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
    perform api.audit(p_event, 'stripe', null, 'webhook.received', 'webhook_event', p_event ->> 'id',
      jsonb_build_object('type', p_event ->> 'type'));
  end if;
  return jsonb_build_object('data', jsonb_build_object('received', true, 'duplicate', not is_new));
end $$;

-- Append-only means this too.
create trigger audit_logs_not_emptied before truncate on public.audit_logs
  for each statement execute function public.refuse_change();

grant execute on function api.forget_keys(), api.claim_key(jsonb), api.answered(jsonb, jsonb),
  api.begun(jsonb, jsonb), api.release_key(jsonb), api.count_stranger(jsonb), api.count_refused(jsonb),
  api.enter(jsonb) to mindroom_functions;
