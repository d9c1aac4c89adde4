-- Supabase grants every new table, sequence and function of `public` to anon, authenticated and service_role.
-- V2 took tables and functions back from the first two; the rest follows here, and new objects start closed.
--
-- service_role passes by row level security. Its key is used with the auth service alone, so that whoever gets
-- hold of it reads no table.
revoke all on all tables in schema public from service_role;
revoke all on all functions in schema public from service_role;
revoke all on all sequences in schema public from anon, authenticated, service_role;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;

-- Row level security on every table, also where no grant leads to: one wrong grant is then no leak.
alter table if exists public.refinery_schema_history enable row level security;
do $$
declare name text;
begin
  foreach name in array array['jobs', 'job_history', 'job_history_rest'] loop
    execute format('alter table prov.%I enable row level security', name);
    execute format('create policy daemon on prov.%I to mindroom_daemon using (true) with check (true)', name);
  end loop;
end $$;
