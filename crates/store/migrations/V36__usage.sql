-- Usage is measured: every hour the daemon reads from the databases of a subscription's instances what was said on this
-- day and the one before, which agents there are, and how much is kept.

alter table public.subscriptions add column usage_measured_at timestamptz;

-- The subscription whose turn it is, with its instances that have something to measure; null when all had theirs within
-- the hour.
create function prov.usage_due() returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('subscription', s.id, 'instances', jsonb_agg(i.id order by i.created_at))
  from public.subscriptions s join public.instances i on i.subscription_id = s.id
  where coalesce(s.usage_measured_at < now() - interval '50 minutes', true)
    and i.observed_gen > 0 and i.status not in ('provisioning', 'deprovisioning', 'deprovisioned')
  group by s.id order by min(s.usage_measured_at) nulls first, s.id limit 1
$$;

-- Keeps what was measured, or that nothing could be. p_days: [{date, messages, agents, storage_bytes}], of all instances
-- together. The same again changes nothing; of a day that is over only what was said late is added, and what a deleted
-- instance took along stays counted.
create function prov.save_usage(p_job bigint, p_fence bigint, p_subscription uuid, p_days jsonb) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  insert into public.usage_metrics as u (account_id, subscription_id, metric_date, messages_sent, agents_used,
    storage_used_gb)
  select s.account_id, s.id, d.date, d.messages, d.agents, round(d.storage_bytes / 1e9, 2)
  from public.subscriptions s,
    jsonb_to_recordset(p_days) as d (date date, messages integer, agents integer, storage_bytes numeric)
  where s.id = p_subscription
  on conflict (subscription_id, metric_date) do update set
    messages_sent = greatest(u.messages_sent, excluded.messages_sent),
    agents_used = case when u.metric_date = (now() at time zone 'UTC')::date
      then greatest(u.agents_used, excluded.agents_used) else u.agents_used end,
    storage_used_gb = case when u.metric_date = (now() at time zone 'UTC')::date
      then excluded.storage_used_gb else u.storage_used_gb end;
  update public.subscriptions s set usage_measured_at = now() where s.id = p_subscription;
  return true;
end $$;

insert into prov.schedule (name, kind, class, every, next_at)
values ('measure-usage', 'measure-usage', 2, '1 hour', now() + interval '10 minutes');

revoke all on function prov.usage_due(), prov.save_usage(bigint, bigint, uuid, jsonb) from public;
grant execute on function prov.usage_due(), prov.save_usage(bigint, bigint, uuid, jsonb) to mindroom_daemon;
