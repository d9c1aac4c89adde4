-- Who may see which row. Supabase serves `anon` and `authenticated` to the internet: anon sees nothing,
-- authenticated the rows of its own account. The functions' role is under policies too: its database
-- functions set `app.account_id` or `app.scope` for their own statement and nothing is seen without.
-- The daemon works for every account.

-- The account that the running statement works for, or null.
create function api.current_account() returns uuid
language sql stable set search_path = '' as $$
  select nullif(current_setting('app.account_id', true), '')::uuid
$$;
-- True in a statement that an admin or a machine with a key started, after that was checked.
create function api.sees_all() returns boolean
language sql stable set search_path = '' as $$
  select coalesce(current_setting('app.scope', true), '') in ('admin', 'system')
$$;

-- Supabase grants everything in `public` to these roles by default; take it back, then give what is meant.
revoke all on all tables in schema public from anon, authenticated;
revoke all on all functions in schema public from anon, authenticated, public;
grant usage on schema public to anon, authenticated;
grant usage on schema api, public to mindroom_functions;
grant usage on schema prov, public, api to mindroom_daemon;
grant execute on function api.current_account(), api.sees_all() to mindroom_functions, mindroom_daemon;

-- Tables with an account_id: one rule for all of them.
do $$
declare
  name text;
  key text;
begin
  foreach name in array array['accounts', 'subscriptions', 'instances', 'instance_events',
      'checkout_sessions', 'payments', 'audit_logs', 'webhook_events'] loop
    key := case when name = 'accounts' then 'id' else 'account_id' end;
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy functions on public.%I to mindroom_functions '
      'using (%I = (select api.current_account()) or (select api.sees_all())) '
      'with check (%I = (select api.current_account()) or (select api.sees_all()))', name, key, key);
    execute format('create policy daemon on public.%I to mindroom_daemon using (true) with check (true)', name);
    if name not in ('webhook_events', 'checkout_sessions') then
      execute format('create policy own on public.%I for select to authenticated '
        'using (%I = (select auth.uid()))', name, key);
      execute format('grant select on public.%I to authenticated', name);
    end if;
  end loop;
end $$;

-- Tables that belong to an instance.
do $$
declare name text;
begin
  foreach name in array array['instance_secrets', 'instance_health'] loop
    execute format('alter table public.%I enable row level security', name);
    -- The subquery runs under the policy of instances.
    execute format('create policy functions on public.%I to mindroom_functions '
      'using (exists (select 1 from public.instances i where i.id = instance)) '
      'with check (exists (select 1 from public.instances i where i.id = instance))', name);
    execute format('create policy daemon on public.%I to mindroom_daemon using (true) with check (true)', name);
  end loop;
end $$;

-- Tables of the platform itself.
alter table public.service_keys enable row level security;
alter table public.rate_limits enable row level security;
create policy functions on public.service_keys for select to mindroom_functions using (true);
create policy functions on public.rate_limits to mindroom_functions using (true) with check (true);

-- What the functions may write, column by column where only some are theirs.
grant select on public.accounts, public.subscriptions, public.instances, public.instance_events,
  public.instance_health, public.checkout_sessions, public.payments, public.audit_logs,
  public.webhook_events, public.service_keys to mindroom_functions;
grant select, insert, update, delete on public.rate_limits to mindroom_functions;
grant insert (id, email, full_name, status) on public.accounts to mindroom_functions;
grant update (email, full_name, company_name, stripe_customer_id) on public.accounts to mindroom_functions;
grant insert on public.subscriptions, public.checkout_sessions, public.instance_events,
  public.instance_health, public.audit_logs to mindroom_functions;
grant update (status) on public.checkout_sessions to mindroom_functions;
grant insert (account_id, subscription_id, subdomain, name, tier, status, status_deadline)
  on public.instances to mindroom_functions;
grant update (desired_state, restart_gen, desired_gen, subscription_id, tier,
    health, health_checked_at, health_misses, next_check_at) on public.instances to mindroom_functions;
grant insert on public.webhook_events to mindroom_functions;
grant update (deliveries) on public.webhook_events to mindroom_functions;

grant select, update on public.accounts to mindroom_daemon;
grant select, insert, update on public.subscriptions, public.payments, public.checkout_sessions,
  public.webhook_events to mindroom_daemon;
grant select, update on public.instances to mindroom_daemon;
grant select, insert, delete on public.instance_secrets to mindroom_daemon;
grant select, insert on public.instance_events, public.audit_logs to mindroom_daemon;
grant select on public.instance_health to mindroom_daemon;
-- The owner's first password, and no other secret, may be shown to its account.
create policy owner_password on public.instance_secrets as restrictive for select to mindroom_functions
  using (name = 'owner_password');
grant select on public.instance_secrets to mindroom_functions;
