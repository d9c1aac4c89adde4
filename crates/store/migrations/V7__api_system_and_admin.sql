-- The platform's own health, checks of instances, and what admins list.

-- Seconds that the oldest job due has waited, or null.
create function prov.oldest_due_seconds() returns bigint
language sql stable security definer set search_path = prov, pg_temp as $$
  select floor(extract(epoch from now() - min(run_at)))::bigint from jobs
  where state = 'queued' and run_at <= now()
$$;

create function api.health() returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('data', jsonb_build_object('oldest_job_seconds', prov.oldest_due_seconds()))
$$;

-- Takes the instances whose check is due; each is taken by one caller only.
create function api.claim_health_checks(p_call jsonb, p_limit integer) returns jsonb
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
  return entered || jsonb_build_object('data', taken);
end $$;

-- Writes what the probes saw. Three misses in a row hand the instance to the daemon, which alone changes the
-- status; it is handed over again at every third further miss.
create function api.save_health_checks(p_call jsonb, p_results jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_system(p_call);
  seen record;
  before_it text;
  now_it instances;
  handed integer := 0;
begin
  if entered ? 'refusal' then return entered; end if;
  for seen in select * from jsonb_to_recordset(p_results)
      as r (id uuid, healthy boolean, latency_ms integer, detail text) loop
    select health into before_it from instances where id = seen.id for update;
    continue when not found;
    insert into instance_health (instance, healthy, latency_ms, detail)
    values (seen.id, seen.healthy, seen.latency_ms, left(seen.detail, 300));
    update instances set health_checked_at = now(),
      health_misses = case when seen.healthy then 0 else health_misses + 1 end,
      health = case when seen.healthy then 'healthy' when health_misses >= 2 then 'unhealthy' else health end
    where id = seen.id returning * into now_it;
    if now_it.health is distinct from before_it then
      insert into instance_events (account_id, instance, kind, name, detail)
      values (now_it.account_id, now_it.id, 'health', now_it.health, null);
    end if;
    if not seen.healthy and now_it.health_misses % 3 = 0 then
      perform prov.enqueue_instance(now_it.id);
      handed := handed + 1;
    end if;
  end loop;
  return entered || jsonb_build_object('data', jsonb_build_object('handed_over', handed));
end $$;

-- The sort field goes into the statement by name, so it is looked up in a list first.
create function api.order_by(p_sort text, p_order text, p_allowed text[]) returns text
language sql immutable set search_path = '' as $$
  select case when p_sort = any (p_allowed) then
    pg_catalog.format('%I %s nulls last', p_sort, case when pg_catalog.upper(p_order) = 'DESC' then 'desc' else 'asc' end)
  end
$$;

create function api.admin_accounts(p_call jsonb, p_page jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  sort constant text := api.order_by(p_page ->> 'sort', p_page ->> 'order',
    array['created_at', 'email', 'full_name', 'company_name', 'status']);
  pattern constant text := '%' || regexp_replace(coalesce(p_page ->> 'q', ''), '([\\%_])', '\\\1', 'g') || '%';
  total bigint;
  page jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  if sort is null then return entered || api.refusal('unknown_sort'); end if;
  select count(*) into total from accounts a
  where (p_page ->> 'status' is null or a.status = p_page ->> 'status')
    and concat_ws(' ', a.email, a.full_name, a.company_name) ilike pattern;
  execute format($q$
    select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'email', a.email, 'full_name', a.full_name,
        'company_name', a.company_name, 'status', a.status, 'is_admin', a.is_admin,
        'tier', coalesce((a.current).tier, 'free'), 'subscription_status', (a.current).status,
        'instances', (select count(*) from instances i where i.account_id = a.id and i.status <> 'deprovisioned'),
        'stripe_customer_id', a.stripe_customer_id, 'created_at', a.created_at) order by a.place), '[]')
    from (select a.*, api.current_subscription(a.id) as current
          from (select a.*, row_number() over (order by %s, a.id) as place from accounts a
                where ($1 is null or a.status = $1)
                  and concat_ws(' ', a.email, a.full_name, a.company_name) ilike $2
                order by place offset $3 limit $4) a) a
    $q$, sort)
  into page
  using p_page ->> 'status', pattern, (p_page ->> 'start')::bigint, (p_page ->> 'limit')::bigint;
  return entered || jsonb_build_object('data', jsonb_build_object('data', page, 'total', total));
end $$;

create function api.admin_instances(p_call jsonb, p_page jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  sort constant text := api.order_by(p_page ->> 'sort', p_page ->> 'order',
    array['created_at', 'instance_id', 'subdomain', 'name', 'status', 'tier']);
  pattern constant text := '%' || regexp_replace(coalesce(p_page ->> 'q', ''), '([\\%_])', '\\\1', 'g') || '%';
  total bigint;
  page jsonb;
begin
  if entered ? 'refusal' then return entered; end if;
  if sort is null then return entered || api.refusal('unknown_sort'); end if;
  select count(*) into total from instances i join accounts a on a.id = i.account_id
  where (p_page ->> 'status' is null or i.status = p_page ->> 'status')
    and concat_ws(' ', i.subdomain, i.name, a.email) ilike pattern;
  execute format($q$
    select coalesce(jsonb_agg(api.instance_json(p.i, $5)
      || jsonb_build_object('account_email', p.account_email) order by p.place), '[]')
    from (select i, a.email as account_email, row_number() over (order by i.%s, i.id) as place
          from instances i join accounts a on a.id = i.account_id
          where ($1 is null or i.status = $1)
            and concat_ws(' ', i.subdomain, i.name, a.email) ilike $2
          order by place offset $3 limit $4) p
    $q$, sort)
  into page
  using p_page ->> 'status', pattern, (p_page ->> 'start')::bigint, (p_page ->> 'limit')::bigint,
    p_call ->> 'public_url';
  return entered || jsonb_build_object('data', jsonb_build_object('data', page, 'total', total));
end $$;

grant execute on function prov.oldest_due_seconds(), api.health(), api.claim_health_checks(jsonb, integer),
  api.save_health_checks(jsonb, jsonb), api.order_by(text, text, text[]), api.admin_accounts(jsonb, jsonb),
  api.admin_instances(jsonb, jsonb) to mindroom_functions;
