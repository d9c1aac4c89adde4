-- What is done again and again: each row is a clock that enqueues a job when it is due.
--
-- Whoever comes first moves a due clock on and enqueues its job, both or neither: the row's lock is the
-- election, so every replica of the daemon may look. Ticks that nobody saw are one tick: a clock jumps to its
-- next time after now, and a job that still waits is joined (its lane is the clock's own).
create table prov.schedule (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  kind text not null,
  payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
  class smallint not null default 2 check (class between 0 and 2),
  -- Months and years have no fixed length, so a clock cannot keep its phase with them.
  every interval not null
    check (every >= interval '1 second' and extract(year from every) = 0 and extract(month from every) = 0),
  next_at timestamptz not null default now(),     -- 'infinity' pauses the clock
  last_at timestamptz,
  created_at timestamptz not null default now()
);
create index schedule_due on prov.schedule (next_at);
alter table prov.schedule enable row level security;
create policy daemon on prov.schedule to mindroom_daemon using (true) with check (true);

-- Enqueues the jobs of at most p_limit due clocks.
create function prov.run_due(p_limit integer) returns table (name text, job bigint)
language sql volatile set search_path = '' as $$
with due as materialized (
  select s.name from prov.schedule s
  where s.next_at <= now()
  order by s.next_at, s.name
  limit p_limit
  for update skip locked
), moved as (
  update prov.schedule s
  set last_at = now(),
      next_at = date_bin(s.every, now(), s.next_at) + make_interval(secs => extract(epoch from s.every)::float8)
  from due where s.name = due.name
  returning s.name, s.kind, s.class, s.payload
)
select m.name, prov.enqueue('schedule:' || m.name, null, m.kind, m.name, 0, p_class => m.class,
  p_payload => m.payload)
from moved m
$$;

-- Clocks are made and changed by migrations, with the job that they call; the daemon only moves them on.
revoke all on function prov.run_due(integer) from public;
grant execute on function prov.run_due(integer) to mindroom_daemon;
grant select, update (next_at, last_at) on prov.schedule to mindroom_daemon;
