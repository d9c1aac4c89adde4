-- Roles and tables of the platform. Runs unchanged on Supabase; on one machine bootstrap/supabase.sql
-- comes first and makes what Supabase already has (anon, authenticated, service_role, schema auth).
--
-- Columns that a request writes (the wish) and columns that only the daemon writes (what was seen) are
-- kept apart: see instances.

-- Roles belong to the whole server, so two databases may make them at the same time.
do $$
declare r text;
begin
  foreach r in array array['mindroom_functions', 'mindroom_daemon'] loop
    begin
      execute format('create role %I login noinherit', r);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end $$;

-- A function answers within seconds; nobody may hold a lock or an open transaction for long. Spin's pool
-- hands an open transaction to the next request, so an idle one is ended soon.
do $$
begin
  alter role mindroom_functions set statement_timeout = '5s';
  alter role mindroom_functions set lock_timeout = '2s';
  alter role mindroom_functions set idle_in_transaction_session_timeout = '5s';
  alter role mindroom_daemon set statement_timeout = '10s';
  alter role mindroom_daemon set lock_timeout = '2s';
  alter role mindroom_daemon set idle_in_transaction_session_timeout = '10s';
exception when others then
  -- two databases migrated at once touch the same role rows ("tuple concurrently updated")
  if sqlerrm not like '%concurrently%' then raise; end if;
end $$;

create schema api;   -- what the functions may call: one database function per command
create schema prov;  -- the job queue
revoke all on schema api, prov from public;
-- PostgreSQL gives EXECUTE on new functions to everybody; here nobody has it unasked.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from public;

create function public.touch_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end $$;

-- The id is the auth user's id. No foreign key to auth.users: payments and the audit log must outlive an
-- auth user that somebody deletes by hand; the platform deletes accounts by a job of its own.
create table public.accounts (
  id uuid primary key,
  email text not null,                    -- not unique: an auth user may be deleted by hand and sign up again
  full_name text,
  company_name text,
  status text not null default 'active'
    check (status in ('pending_verification', 'active', 'suspended', 'deleted')),
  is_admin boolean not null default false,
  stripe_customer_id text unique,
  consent_marketing boolean not null default false,
  consent_analytics boolean not null default false,
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index accounts_email on public.accounts (email);
create trigger accounts_touch before update on public.accounts
  for each row execute function public.touch_updated_at();

-- An account's claims to a plan, mirrored from Stripe (`free` rows are our own). Status is Stripe's with our
-- spelling (`cancelled`); `unknown` is a status that Stripe added after this was written.
create table public.subscriptions (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts on delete cascade,
  tier text not null check (tier in ('free', 'byok', 'hobby', 'pro', 'enterprise')),
  billing_cycle text check (billing_cycle in ('monthly', 'yearly')),
  status text not null check (status in ('trialing', 'active', 'past_due', 'unpaid', 'paused',
    'incomplete', 'incomplete_expired', 'cancelled', 'unknown')),
  stripe_subscription_id text unique,
  stripe_price_id text,
  max_agents integer not null,            -- unlimited is 999999 (domain::UNLIMITED)
  max_messages_per_day integer not null,
  max_storage_gb integer not null,
  trial_ends_at timestamptz,
  current_period_start timestamptz,
  current_period_end timestamptz,
  cancel_at_period_end boolean not null default false,
  cancelled_at timestamptz,
  synced_at timestamptz,                  -- when the read from Stripe began: an older read never overwrites a newer
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, id)
);
create index subscriptions_account on public.subscriptions (account_id, created_at desc);
-- "Once, however often and however parallel" (POST /my/account/setup).
create unique index subscriptions_one_free on public.subscriptions (account_id) where tier = 'free';
create trigger subscriptions_touch before update on public.subscriptions
  for each row execute function public.touch_updated_at();

create table public.instances (
  id uuid primary key default gen_random_uuid(),
  instance_id integer not null unique generated always as identity,
  account_id uuid not null references public.accounts on delete cascade,
  subscription_id uuid not null,
  subdomain text not null
    check (subdomain ~ '^[a-z0-9]([a-z0-9-]{1,38})[a-z0-9]$'),
  name text not null,
  tier text not null check (tier in ('byok', 'hobby', 'pro', 'enterprise')),
  -- the wish: written by requests
  desired_state text not null default 'running' check (desired_state in ('running', 'stopped', 'deleted')),
  restart_gen integer not null default 0,
  desired_gen bigint not null default 1,
  -- what was seen: written by the daemon, under its fence
  observed_gen bigint not null default 0,
  observed_restart_gen integer not null default 0,
  status text not null default 'provisioning' check (status in ('provisioning', 'running', 'stopping',
    'stopped', 'restarting', 'updating', 'degraded', 'error', 'unknown', 'deprovisioning', 'deprovisioned')),
  status_reason text,                     -- for the customer: a sentence, never raw error text
  status_since timestamptz not null default now(),
  status_deadline timestamptz,            -- when a transitional status must have ended (api.md, States)
  fence bigint not null default 0,        -- of the last daemon write; an older one changes nothing
  progress jsonb not null default '[]',   -- [{name, title, state: pending|running|done|failed, started_at, finished_at}]
  internal_urls jsonb not null default '{}', -- {"web": url, "matrix": url} as the gateway and probes reach it
  owner_matrix_id text,
  mindroom_version text,
  synapse_version text,
  notice text,                            -- something the customer should know, e.g. that MindRoom is left out
  -- health, written by /system/health-checks
  health text not null default 'unknown' check (health in ('unknown', 'healthy', 'unhealthy')),
  health_checked_at timestamptz,
  health_misses integer not null default 0,
  next_check_at timestamptz not null default now(),
  deprovisioned_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, id),
  foreign key (account_id, subscription_id) references public.subscriptions (account_id, id)
);
-- A deleted instance's name is kept from others for 90 days (api.name_is_kept); its own account may have it again.
create unique index instances_subdomain on public.instances (subdomain) where status <> 'deprovisioned';
create index instances_account on public.instances (account_id, created_at desc);
create index instances_due_checks on public.instances (next_check_at) where desired_state = 'running';
create trigger instances_touch before update on public.instances
  for each row execute function public.touch_updated_at();

-- Made once by the platform, never changed unasked. Only the daemon reads them, but for the owner's
-- first Matrix password (name `owner_password`), which the instance page shows until it was used.
create table public.instance_secrets (
  instance uuid not null references public.instances on delete cascade,
  name text not null,
  value text not null,
  created_at timestamptz not null default now(),
  primary key (instance, name)
);

-- What happened to an instance, in order, as the customer may read it.
create table public.instance_events (
  id bigint primary key generated always as identity,
  account_id uuid not null,
  instance uuid not null,
  kind text not null check (kind in ('wish', 'step', 'status', 'health')),
  name text not null,                     -- start, stop, …; the step's name; the new status
  state text,                             -- of a step: started, done, failed
  detail text,
  created_at timestamptz not null default clock_timestamp(),
  foreign key (account_id, instance) references public.instances (account_id, id) on delete cascade
);
create index instance_events_instance on public.instance_events (instance, id);

create table public.instance_health (
  id bigint primary key generated always as identity,
  instance uuid not null references public.instances on delete cascade,
  checked_at timestamptz not null default now(),
  healthy boolean not null,
  latency_ms integer not null,
  detail text
);
create index instance_health_instance on public.instance_health (instance, checked_at desc);

-- Stripe Checkout Sessions that we opened: one open session per account is reused, so that two tabs do not
-- make two subscriptions.
create table public.checkout_sessions (
  stripe_session_id text primary key,
  account_id uuid not null references public.accounts on delete cascade,
  tier text not null,
  billing_cycle text not null,
  url text not null,
  status text not null default 'open' check (status in ('open', 'complete', 'expired')),
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create unique index checkout_sessions_one_open on public.checkout_sessions (account_id) where status = 'open';

create table public.payments (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts on delete restrict,
  stripe_invoice_id text not null unique,
  stripe_subscription_id text,
  number text,
  status text not null,
  amount_due bigint not null,             -- minor units
  amount_paid bigint not null,
  currency text not null,
  hosted_invoice_url text,
  created_at timestamptz not null,
  synced_at timestamptz not null
);
create index payments_account on public.payments (account_id, created_at desc);

-- Stripe's events, stored once by their id before they are acted on. The daemon reads the object back.
create table public.webhook_events (
  id text primary key,
  type text not null,
  object_type text not null,
  object_id text,
  customer_id text,
  account_id uuid,
  livemode boolean not null,
  api_version text,
  payload jsonb not null,
  created_at timestamptz not null,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  outcome text,
  deliveries integer not null default 1
);
create index webhook_events_open on public.webhook_events (received_at) where processed_at is null;

-- Append-only: what was done, by whom, to what, from where.
create table public.audit_logs (
  id bigint primary key generated always as identity,
  account_id uuid,                        -- whose account it concerns; kept when the account goes
  actor_type text not null check (actor_type in ('account', 'admin', 'system', 'stripe', 'daemon')),
  actor_id text,
  action text not null,
  resource_type text not null,
  resource_id text,
  reason text,
  details jsonb not null default '{}',
  ip_address text,
  request_id text,
  created_at timestamptz not null default clock_timestamp()
);
create index audit_logs_account on public.audit_logs (account_id, id desc);
create function public.refuse_change() returns trigger language plpgsql set search_path = '' as $$
begin
  raise exception 'the audit log is append-only';
end $$;
create trigger audit_logs_append_only before update or delete on public.audit_logs
  for each row execute function public.refuse_change();

-- Keys of machines (cron, operators), kept as SHA-256. A key is rotated by having two live ones.
create table public.service_keys (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  sha256 bytea not null unique check (length(sha256) = 32),
  scopes text[] not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now()
);

-- Counters of the current minute, shared by all replicas. Lost in a crash, which is fine.
create unlogged table public.rate_limits (
  subject text not null,                  -- account id or client address
  route_group text not null,
  window_start timestamptz not null,
  used integer not null,
  primary key (subject, route_group)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
