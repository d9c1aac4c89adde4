-- On one machine, after the migrations: what the local gateway reads to find an instance. It stands in for the
-- Ingress of a cluster, which needs no database.
do $$
begin
  create role mindroom_gateway login noinherit;
exception when duplicate_object or unique_violation then null;
end $$;

grant usage on schema public to mindroom_gateway;
grant select (subdomain, status, status_reason, progress, internal_urls, created_at)
  on public.instances to mindroom_gateway;
drop policy if exists gateway on public.instances;
create policy gateway on public.instances for select to mindroom_gateway using (true);

-- The budget of docs/database.md, so that one part's rush leaves the others their connections.
do $$
begin
  alter role mindroom_functions connection limit 300;
  alter role mindroom_daemon connection limit 16;
  alter role mindroom_gateway connection limit 4;
exception when others then
  -- two databases prepared at once touch the same role rows
  if sqlerrm not like '%concurrently%' then raise; end if;
end $$;
