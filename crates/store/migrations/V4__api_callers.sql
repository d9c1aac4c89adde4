-- Who calls, and how often: every function of schema `api` that serves a request begins with one of
-- api.enter, api.enter_admin or api.enter_system, in the same statement as the work itself.
--
-- A call is a jsonb object made by crates/store: sub, email (account and admin), key_sha256, scope (system),
-- operation, group, limit, address, request_id, public_url. Answers have the form
--   {"refusal": {"code", ...}}  or  {"data": ...}, both with "rate" where a limit applies.

-- Counts one request of a subject and says how it stands in this minute.
create function api.count_request(p_subject text, p_group text, p_limit integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  this_minute constant timestamptz := date_trunc('minute', clock_timestamp());
  so_far integer;
begin
  insert into rate_limits as r (subject, route_group, window_start, used)
  values (p_subject, p_group, this_minute, 1)
  on conflict (subject, route_group) do update
    set used = case when r.window_start = excluded.window_start then r.used + 1 else 1 end,
        window_start = excluded.window_start
  returning used into so_far;
  return jsonb_build_object(
    'limit', p_limit,
    'remaining', greatest(p_limit - so_far, 0),
    'reset', ceil(extract(epoch from this_minute + interval '1 minute' - clock_timestamp()))::integer,
    'exceeded', so_far > p_limit);
end $$;

create function api.refusal(p_code text, p_more jsonb default '{}') returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('refusal', jsonb_build_object('code', p_code) || p_more)
$$;

create function api.audit(p_call jsonb, p_actor_type text, p_account uuid, p_action text,
  p_resource_type text, p_resource_id text, p_details jsonb default '{}', p_reason text default null)
returns void
language sql set search_path = public, pg_temp as $$
  insert into audit_logs (account_id, actor_type, actor_id, action, resource_type, resource_id, reason,
    details, ip_address, request_id)
  values (p_account, p_actor_type, coalesce(p_call ->> 'sub', p_call ->> 'key_name'), p_action,
    p_resource_type, p_resource_id, p_reason, p_details, p_call ->> 'address', p_call ->> 'request_id')
$$;

-- Lets an account in: makes its row on first sight, counts the request, and opens the policies for its rows
-- until the end of the statement. Answers {"account", "rate"} and perhaps {"refusal"}.
create function api.enter(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
  mine accounts;
  rate jsonb;
begin
  perform set_config('app.account_id', caller::text, true);
  select * into mine from accounts where id = caller;
  if not found then
    insert into accounts (id, email, full_name, status)
    values (caller, p_call ->> 'email', nullif(p_call ->> 'full_name', ''), 'active')
    on conflict (id) do nothing;
    select * into strict mine from accounts where id = caller;
  elsif mine.email is distinct from p_call ->> 'email' then
    -- the address was changed at the auth service, which the token proves
    update accounts set email = p_call ->> 'email' where id = caller returning * into mine;
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

-- As api.enter, for an account that the database calls an admin; every such call is audited.
create function api.enter_admin(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
begin
  if entered ? 'refusal' then return entered; end if;
  if not (entered -> 'account' -> 'is_admin')::boolean then
    return entered || api.refusal('admin_only');
  end if;
  perform set_config('app.scope', 'admin', true);
  perform api.audit(p_call, 'admin', null, p_call ->> 'operation', 'platform', null);
  return entered;
end $$;

-- Lets a machine in by the SHA-256 of its key. The digest is looked up, so the comparison tells nothing about
-- the key itself.
create function api.enter_system(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  key service_keys;
begin
  select * into key from service_keys
  where sha256 = decode(p_call ->> 'key_sha256', 'hex')
    and revoked_at is null and (expires_at is null or expires_at > now());
  if not found then return api.refusal('unknown_key'); end if;
  if not (p_call ->> 'scope') = any (key.scopes) then
    return api.refusal('scope_missing', jsonb_build_object('scope', p_call ->> 'scope'));
  end if;
  perform set_config('app.scope', 'system', true);
  return jsonb_build_object('key_name', key.name);
end $$;

-- For the operator (and the local start), never for the functions' role.
create function api.seed_admin(p_account uuid, p_email text) returns void
language sql set search_path = public, pg_temp as $$
  insert into accounts (id, email, full_name, is_admin) values (p_account, p_email, 'Administrator', true)
  on conflict (id) do update set is_admin = true
$$;
create function api.seed_service_key(p_name text, p_sha256 bytea, p_scopes text[]) returns void
language sql set search_path = public, pg_temp as $$
  insert into service_keys (name, sha256, scopes) values (p_name, p_sha256, p_scopes)
  on conflict (name) do update set sha256 = excluded.sha256, scopes = excluded.scopes, revoked_at = null
$$;

grant execute on function api.count_request(text, text, integer), api.refusal(text, jsonb),
  api.audit(jsonb, text, uuid, text, text, text, jsonb, text), api.enter(jsonb), api.enter_admin(jsonb),
  api.enter_system(jsonb) to mindroom_functions;
