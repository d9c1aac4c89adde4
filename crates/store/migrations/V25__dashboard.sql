-- The platform's last thirty days, for charts, beside the figures of now.

create index accounts_newest on public.accounts (created_at desc);
create index instances_newest on public.instances (created_at desc);

-- Each day of the last thirty, UTC, today the last: who signed up, which instances were asked for, what was paid (minor
-- units), which subscriptions ended.
create function api.daily_figures() returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with days as (
    select d::date as day from generate_series((now() at time zone 'UTC')::date - 29, (now() at time zone 'UTC')::date,
      interval '1 day') d
  ), since as (
    select (min(day)::timestamp at time zone 'UTC') as at from days
  ), happened as (
    select (a.created_at at time zone 'UTC')::date as day, 1 as signups, 0 as instances, 0::bigint as paid, 0 as ended
    from accounts a, since where a.created_at >= since.at
    union all
    select (i.created_at at time zone 'UTC')::date, 0, 1, 0, 0 from instances i, since where i.created_at >= since.at
    union all
    select (p.created_at at time zone 'UTC')::date, 0, 0, p.amount_paid, 0 from payments p, since
    where p.created_at >= since.at
    union all
    select (s.cancelled_at at time zone 'UTC')::date, 0, 0, 0, 1 from subscriptions s, since
    where s.status = 'cancelled' and s.cancelled_at >= since.at
  )
  select jsonb_agg(jsonb_build_object('day', d.day, 'signups', coalesce(h.signups, 0),
    'instances', coalesce(h.instances, 0), 'paid', coalesce(h.paid, 0), 'ended', coalesce(h.ended, 0)) order by d.day)
  from days d left join (select day, sum(signups) as signups, sum(instances) as instances, sum(paid) as paid,
    sum(ended) as ended from happened group by day) h using (day)
$$;

-- The figures of api.admin_stats by the names that they had before, with what is new and how the days went.
create function api.admin_dashboard(p_call jsonb, p_prices jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.admin_stats(p_call, p_prices);
  stats constant jsonb := entered -> 'data';
begin
  if entered ? 'refusal' then return entered; end if;
  return entered || jsonb_build_object('data', jsonb_build_object(
    'total_accounts', stats -> 'accounts',
    'active_subscriptions', stats -> 'active_subscriptions',
    'total_instances', (select count(*) from instances i where i.status <> 'deprovisioned'),
    'instances_by_status', stats -> 'instances_by_status',
    'subscriptions_by_tier', stats -> 'subscriptions_by_tier',
    'subscription_revenue', round((stats -> 'monthly_revenue' ->> 'amount')::numeric / 100, 2),
    'monthly_revenue', stats -> 'monthly_revenue',
    'recent_signups', (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'email', a.email,
        'created_at', a.created_at) order by a.created_at desc), '[]')
      from (select * from accounts order by created_at desc limit 10) a),
    'recent_instances', (select coalesce(jsonb_agg(jsonb_build_object('instance_id', i.instance_id,
        'subdomain', i.subdomain, 'status', i.status, 'account_email', a.email, 'created_at', i.created_at)
        order by i.created_at desc), '[]')
      from (select * from instances order by created_at desc limit 10) i join accounts a on a.id = i.account_id),
    'days', api.daily_figures()));
end $$;

grant execute on function api.daily_figures(), api.admin_dashboard(jsonb, jsonb) to mindroom_functions;
