-- Sessions of the API host: an account's browser, where no access token can be sent (Matrix sign-in, access to
-- an instance). The cookie is opaque; only its SHA-256 is kept, so that a copy of this table lets nobody in.
-- A session that ended is gone; one that ran out is deleted by the maintenance.
create table public.sessions (
  sha256 bytea primary key check (length(sha256) = 32),
  account_id uuid not null references public.accounts on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '1 hour',
  check (expires_at > created_at and expires_at <= created_at + interval '1 hour')
);
create index sessions_account on public.sessions (account_id);
create index sessions_retention on public.sessions (expires_at);
alter table public.sessions enable row level security;
create policy functions on public.sessions to mindroom_functions
  using (account_id = (select api.current_account()) or (select api.sees_all()))
  with check (account_id = (select api.current_account()) or (select api.sees_all()));
grant select, insert, delete on public.sessions to mindroom_functions;

-- Begins a session of the caller. p_sha256: of the new cookie, in hexadecimal.
create function api.create_session(p_call jsonb, p_sha256 text) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter(p_call);
  caller constant uuid := (p_call ->> 'sub')::uuid;
  made sessions;
begin
  if entered ? 'refusal' then return entered; end if;
  insert into sessions (sha256, account_id) values (decode(p_sha256, 'hex'), caller) returning * into made;
  perform api.audit(p_call, 'account', caller, 'session.create', 'session', null);
  return entered || jsonb_build_object('data', jsonb_build_object('expires_at', made.expires_at));
end $$;

-- Whose session a cookie is. The account's state is looked at every time, so that a suspension holds at once.
-- Definer: the cookie is the proof, and nobody's rows can be open before it is known whose it is.
create function api.verify_session(p_sha256 text) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce((
    select case a.status
        when 'active' then jsonb_build_object('data', jsonb_build_object('account_id', a.id, 'email', a.email,
          'expires_at', s.expires_at))
        when 'suspended' then api.refusal('account_suspended')
        when 'deleted' then api.refusal('account_deleted')
        else api.refusal('address_not_confirmed')
      end
    from public.sessions s join public.accounts a on a.id = s.account_id
    where s.sha256 = decode(p_sha256, 'hex') and s.expires_at > now()
  ), api.refusal('unknown_session'))
$$;

-- Ends the session of a cookie; also one that is not there ends well. Definer, as above.
create function api.end_session(p_call jsonb, p_sha256 text) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  ended sessions;
begin
  delete from sessions where sha256 = decode(p_sha256, 'hex') returning * into ended;
  if found then
    perform api.audit(p_call || jsonb_build_object('sub', ended.account_id), 'account', ended.account_id,
      'session.end', 'session', null);
  end if;
  return jsonb_build_object('data', jsonb_build_object('ended', ended.account_id is not null));
end $$;

-- Ends every session of an admin (POST /admin/auth/logout).
create function api.end_sessions(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  ended integer;
begin
  if entered ? 'refusal' then return entered; end if;
  delete from sessions where account_id = (p_call ->> 'sub')::uuid;
  get diagnostics ended = row_count;
  return entered || jsonb_build_object('data', jsonb_build_object('ended', ended));
end $$;

grant execute on function api.create_session(jsonb, text), api.verify_session(text),
  api.end_session(jsonb, text), api.end_sessions(jsonb) to mindroom_functions;
