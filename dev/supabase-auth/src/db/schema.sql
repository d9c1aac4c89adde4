-- What the service keeps beyond the tables that the database's bootstrap makes. It runs this itself, before its
-- first query, as Supabase's own service brings its tables about.

begin;

-- Two services on one database take turns. (The number is arbitrary, and used nowhere else.)
select pg_advisory_xact_lock(7283914600152);

do $$
begin
    if to_regclass('auth.flow_states') is not null then
        return;
    end if;

    -- A sign-in by mail whose client keeps a secret: the link leads back with a code, which is worth a session
    -- only together with that secret.
    create table auth.flow_states (
        id uuid primary key default gen_random_uuid(),
        user_id uuid not null references auth.users on delete cascade,
        auth_code uuid not null unique default gen_random_uuid(),
        code_challenge text not null,
        code_challenge_method text not null check (code_challenge_method in ('s256', 'plain')),
        -- What the session will say about how it was won.
        authentication_method text not null,
        created_at timestamptz not null default now(),
        -- When the link was followed.
        auth_code_issued_at timestamptz
    );
    create index flow_states_user_id_idx on auth.flow_states (user_id);
    create index flow_states_created_at_idx on auth.flow_states (created_at);
    alter table auth.flow_states enable row level security;

    alter table auth.users
        add column invited_at timestamptz,
        add column reauthentication_sent_at timestamptz;

    alter table auth.one_time_tokens
        add column flow_state_id uuid references auth.flow_states on delete cascade,
        drop constraint one_time_tokens_token_type_check,
        add constraint one_time_tokens_token_type_check check (token_type in
            ('signup', 'recovery', 'magiclink', 'email_change', 'invite', 'reauthentication'));
    create index one_time_tokens_flow_state_id_idx on auth.one_time_tokens (flow_state_id);

    -- A code alone has no link.
    alter table auth.outbox
        alter column token_hash drop not null,
        alter column link drop not null,
        drop constraint outbox_kind_check,
        add constraint outbox_kind_check check (kind in
            ('signup', 'recovery', 'magiclink', 'email_change', 'invite', 'reauthentication'));
end
$$;

commit;
