-- What a Supabase project's database holds before our first migration: its roles, the schema `auth`
-- and the helpers that policies call. For local databases only; on Supabase this file is never run.
--
-- Run by a superuser as one batch, not inside a transaction (it opens its own). Runs again at any time,
-- also at the same time for another database of the server: roles belong to the whole server, so
-- losing the race to create one is fine.

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('anon', 'nologin noinherit'),
            ('authenticated', 'nologin noinherit'),
            ('service_role', 'nologin noinherit bypassrls'),
            -- The auth service's own login; whoever starts the server sets its password.
            ('supabase_auth_admin', 'login noinherit')
        ) as roles (name, attributes)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
            begin
                execute format('create role %I %s', wanted.name, wanted.attributes);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
    end loop;
end
$$;

begin;

-- Two runs in one database take turns. (The number is arbitrary, and used nowhere else.)
select pg_advisory_xact_lock(7283914600151);

do $$
begin
    execute format('grant connect on database %I to supabase_auth_admin', current_database());
end
$$;

-- Supabase lets its API roles use everything that later appears in `public`, so that row level
-- security alone is the wall there. Here too, until our migrations close it: a table of theirs that stays open
-- would otherwise be seen on Supabase only.
grant usage on schema public to anon, authenticated, service_role;
do $$
begin
    if to_regclass('public.accounts') is null then
        alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
        alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
        alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
    end if;
end
$$;

create schema if not exists auth authorization supabase_auth_admin;
grant usage on schema auth to anon, authenticated, service_role;

create table if not exists auth.users (
    id uuid primary key default gen_random_uuid(),
    aud text not null default 'authenticated',
    role text not null default 'authenticated',
    email text unique check (email = lower(email)),
    encrypted_password text,
    email_confirmed_at timestamptz,
    confirmation_sent_at timestamptz,
    recovery_sent_at timestamptz,
    -- An address that waits for the answer to the mail sent to it.
    email_change text check (email_change = lower(email_change)),
    email_change_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb not null default '{}' check (jsonb_typeof(raw_app_meta_data) = 'object'),
    raw_user_meta_data jsonb not null default '{}' check (jsonb_typeof(raw_user_meta_data) = 'object'),
    banned_until timestamptz,
    is_anonymous boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);

create table if not exists auth.identities (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    provider text not null,
    -- The provider's own id of the person; for `email` the user's id.
    provider_id text not null,
    identity_data jsonb not null check (jsonb_typeof(identity_data) = 'object'),
    last_sign_in_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (provider, provider_id)
);
create index if not exists identities_user_id_idx on auth.identities (user_id);

create table if not exists auth.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    aal text not null default 'aal1' check (aal in ('aal1', 'aal2', 'aal3')),
    -- How the session was won: [{"method": "password", "timestamp": <seconds>}].
    amr jsonb not null default '[]' check (jsonb_typeof(amr) = 'array'),
    user_agent text,
    refreshed_at timestamptz,
    not_after timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index if not exists sessions_user_id_idx on auth.sessions (user_id);

create table if not exists auth.refresh_tokens (
    id bigint generated always as identity primary key,
    -- In the clear, as Supabase keeps it: a client whose answer was lost is given the active one again.
    token text not null unique,
    session_id uuid not null references auth.sessions on delete cascade,
    user_id uuid not null references auth.users on delete cascade,
    -- The token that was exchanged for this one.
    parent text,
    revoked boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index if not exists refresh_tokens_one_active_idx
    on auth.refresh_tokens (session_id) where not revoked;
create index if not exists refresh_tokens_session_id_idx on auth.refresh_tokens (session_id, id);
create index if not exists refresh_tokens_user_id_idx on auth.refresh_tokens (user_id);

create table if not exists auth.one_time_tokens (
    user_id uuid not null references auth.users on delete cascade,
    token_type text not null check (token_type in ('signup', 'recovery', 'magiclink', 'email_change')),
    -- The address that the mail went to, and that either the link or the code proves.
    email text not null,
    token_hash text not null unique,
    code text not null,
    -- Wrong codes so far: a code has few digits, so it takes few guesses.
    failed_attempts integer not null default 0,
    created_at timestamptz not null default now(),
    primary key (user_id, token_type)
);

-- Local only: the mails that Supabase would have sent.
create table if not exists auth.outbox (
    id bigint generated always as identity primary key,
    email text not null,
    kind text not null check (kind in ('signup', 'recovery', 'magiclink', 'email_change')),
    code text not null,
    token_hash text not null,
    link text not null,
    created_at timestamptz not null default now()
);
create index if not exists outbox_email_idx on auth.outbox (email, id);

-- The service owns its tables, and the API roles see none of them, by grant and by row level security.
-- Only what differs is changed: an ALTER would wait for, and hold up, a service that runs.
do $$
declare
    name text;
    owner text;
    secured boolean;
begin
    for name, owner, secured in
        select relname, pg_get_userbyid(relowner), relrowsecurity
        from pg_catalog.pg_class
        where relnamespace = 'auth'::regnamespace and relkind = 'r'
    loop
        if owner <> 'supabase_auth_admin' then
            execute format('alter table auth.%I owner to supabase_auth_admin', name);
        end if;
        if not secured then
            execute format('alter table auth.%I enable row level security', name);
        end if;
        execute format('revoke all on auth.%I from public, anon, authenticated', name);
    end loop;
end
$$;

-- The caller's token as PostgREST hands it over: one setting with all claims, or (older) one per claim.
create or replace function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

create or replace function auth.uid() returns uuid language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
$$;

alter function auth.jwt() owner to supabase_auth_admin;
alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;
grant execute on function auth.jwt(), auth.uid(), auth.role() to public;

commit;
