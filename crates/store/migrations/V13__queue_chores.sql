-- What the daemon's replicas do now and then, each time one of them; the queue's figures; trace ids; and bounds
-- on sessions.

-- The row lock is the election, so a replica that hangs holds nothing up.
create table prov.chores (
  name text primary key,
  ran_at timestamptz not null default '-infinity',
  result jsonb
);
insert into prov.chores (name) values ('safety-net'), ('figures'), ('history');
alter table prov.chores enable row level security;
create policy daemon on prov.chores to mindroom_daemon using (true) with check (true);

-- Whether it is the caller's turn: nobody else had it within p_every. The turn is taken with the transaction,
-- so a chore that fails is tried again.
create function prov.take_turn(p_name text, p_every interval) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  update prov.chores c set ran_at = now() where c.name = p_name and c.ran_at <= now() - p_every;
  return found;
end $$;

-- Finds what should have a job and has none, and gives it one. Normally finds nothing. Answers nulls when it is
-- another replica's turn.
drop function prov.enqueue_lost();
create function prov.enqueue_lost(p_every interval default '0', p_grace interval default '5 seconds')
returns table (instances integer, events integer) language plpgsql volatile set search_path = '' as $$
begin
  if not prov.take_turn('safety-net', p_every) then
    return next;
    return;
  end if;
  select count(prov.enqueue_instance(i.id)) into instances
  from public.instances i
  where (i.desired_gen > i.observed_gen or i.status_deadline < now())
    and i.updated_at < now() - p_grace
    and not exists (select 1 from prov.jobs j where j.lane = 'instance:' || i.id);
  -- An event of a customer whom we did not know waits for the account that turns out to own it.
  select count(prov.enqueue_stripe_event(e.id)) into events
  from public.webhook_events e
  where e.processed_at is null and e.received_at < now() - p_grace
    and (e.outcome is null or (e.outcome = 'unknown_customer'
      and exists (select 1 from public.accounts a where a.stripe_customer_id = e.customer_id)))
    and not exists (select 1 from prov.jobs j where j.kind = 'stripe-event' and j.merge_key = e.id);
  return next;
end $$;

-- History for 14 days by the day, failures for 90 by the week. Answers how many partitions were dropped, null
-- when it is another replica's turn.
create function prov.rotate_history(p_every interval default '0') returns integer
language plpgsql volatile set search_path = '' as $$
begin
  if not prov.take_turn('history', p_every) then
    return null;
  end if;
  return prov.rotate('job_history', 1, 7, 14) + prov.rotate('job_failures', 7, 2, 90);
end $$;

-- The queue's figures, counted by one replica within p_every and read by all, since counting can itself become
-- the load. Definer: only the owner sees other sessions' transactions.
create function prov.figures(p_every interval) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  if prov.take_turn('figures', p_every) then
    update prov.chores c set result = jsonb_build_object(
      'depth', (select coalesce(jsonb_agg(to_jsonb(d)), '[]') from prov.depth() d),
      'oldest_transaction_s', (select coalesce(max(extract(epoch from now() - a.xact_start)), 0)
        from pg_catalog.pg_stat_activity a
        where a.datname = current_database() and a.backend_type = 'client backend'),
      'dead_tuples', pg_stat_get_dead_tuples('prov.jobs'::regclass),
      'notify_queue_usage', pg_notification_queue_usage(),
      'overdue_instances', (select count(*) from public.instances i where i.status_deadline < now()))
    where c.name = 'figures';
  end if;
  return (select c.result from prov.chores c where c.name = 'figures');
end $$;

-- The oldest daemon that may work on this schema. A migration that older ones cannot live with raises it; they
-- then take no more work.
create function prov.oldest_protocol() returns integer
language sql immutable set search_path = '' as $$ select 1 $$;

------------------------------------------------------------------------------------------------------------
-- Traces: who lets a caller in leaves the request's id for what the same statement enqueues.
create or replace function api.admit(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
  mine accounts;
  rate jsonb;
begin
  perform set_config('app.account_id', caller::text, true);
  perform set_config('app.request_id', coalesce(p_call ->> 'request_id', ''), true);
  perform set_config('app.traceparent', coalesce(p_call ->> 'traceparent', ''), true);
  select * into mine from accounts where id = caller;
  if not found then
    insert into accounts (id, email, full_name, status)
    values (caller, p_call ->> 'email', nullif(p_call ->> 'full_name', ''), 'active')
    on conflict (id) do nothing;
    select * into strict mine from accounts where id = caller;
  elsif mine.email is distinct from p_call ->> 'email' then
    -- the address was changed at the auth service, which the token proves
    update accounts set email = p_call ->> 'email' where id = caller returning * into mine;
  end if;
  rate := api.count_request(caller::text, p_call ->> 'group', (p_call ->> 'limit')::integer);
  return jsonb_build_object('account', to_jsonb(mine), 'rate', rate)
    || case
         when (rate -> 'exceeded')::boolean then api.refusal('rate_limited')
         when mine.status = 'suspended' then api.refusal('account_suspended')
         when mine.status = 'deleted' then api.refusal('account_deleted')
         when mine.status = 'pending_verification' then api.refusal('address_not_confirmed')
         else '{}'
       end;
end $$;

-- The trace of the statement that runs: what the request brought, else made from its id, else a new one.
create function prov.traceparent() returns text
language plpgsql volatile set search_path = '' as $$
declare
  brought constant text := current_setting('app.traceparent', true);
  request constant text := replace(lower(coalesce(current_setting('app.request_id', true), '')), '-', '');
  fresh constant text := replace(gen_random_uuid()::text, '-', '');
begin
  if brought ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' and brought !~ '^00-(0{32}|[0-9a-f]{32}-0{16})' then
    return brought;
  end if;
  return '00-' || case when request ~ '^[0-9a-f]{32}$' and request !~ '^0*$' then request else fresh end
    || '-' || right(fresh, 16) || '-01';
end $$;

-- As before, with the trace of the newest wish.
create or replace function prov.enqueue(p_lane text, p_tenant uuid, p_kind text, p_merge text, p_gen bigint,
  p_class integer default 0, p_priority integer default 100, p_delay interval default '0',
  p_payload jsonb default '{}') returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  job bigint;
begin
  insert into prov.jobs as j (lane, tenant, class, kind, merge_key, payload, want_gen, priority, run_at,
    traceparent)
  values (p_lane, p_tenant, p_class::smallint, p_kind, p_merge, p_payload, p_gen, p_priority::smallint,
          now() + p_delay, prov.traceparent())
  on conflict (lane, merge_key) where state = 'queued' and merge_key is not null do update
    set attempt = case when excluded.want_gen > j.want_gen then 0 else j.attempt end,
        crashes = case when excluded.want_gen > j.want_gen then 0 else j.crashes end,
        traceparent = case when excluded.want_gen > j.want_gen then excluded.traceparent else j.traceparent end,
        joined = j.joined + 1,
        want_gen = greatest(j.want_gen, excluded.want_gen),
        run_at = least(j.run_at, excluded.run_at),
        class = least(j.class, excluded.class),
        priority = least(j.priority, excluded.priority),
        payload = excluded.payload
  returning j.id into job;
  return job;
end $$;

------------------------------------------------------------------------------------------------------------
-- Bounds on sessions. A client that vanished without a word lets go of its locks within half a minute.
do $$
begin
  alter role mindroom_daemon set tcp_keepalives_idle = '10s';
  alter role mindroom_daemon set tcp_keepalives_interval = '5s';
  alter role mindroom_daemon set tcp_keepalives_count = 3;
  alter role mindroom_daemon set tcp_user_timeout = '20s';
  alter role mindroom_daemon set client_connection_check_interval = '5s';
  alter role mindroom_functions set client_connection_check_interval = '5s';
  if current_setting('server_version_num')::integer >= 170000 then
    -- Also a transaction whose every statement is short ends; by name, since older servers do not know it.
    execute 'alter role mindroom_daemon set transaction_timeout = ''30s''';
    execute 'alter role mindroom_functions set transaction_timeout = ''10s''';
  end if;
exception when others then
  -- two databases migrated at once touch the same role rows
  if sqlerrm not like '%concurrently%' then raise; end if;
end $$;

revoke all on function prov.take_turn(text, interval), prov.enqueue_lost(interval, interval),
  prov.rotate_history(interval), prov.figures(interval), prov.oldest_protocol(), prov.traceparent() from public;
grant execute on function prov.take_turn(text, interval), prov.enqueue_lost(interval, interval),
  prov.rotate_history(interval), prov.figures(interval), prov.oldest_protocol(), prov.traceparent()
  to mindroom_daemon;
grant select, insert, update on prov.chores to mindroom_daemon;

-- Partitions from the first day on.
select prov.rotate_history();
