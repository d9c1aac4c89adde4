-- A look that is far off is nothing that a person waits for: it becomes a bulk job, which has slots of its own, so that
-- hundreds of instances that wait for their pods never keep a new one waiting. Whoever wishes something of the instance,
-- or tells that it came up, brings the job back: one that joins another has the better class of both.
create or replace function prov.requeue(p_job bigint, p_fence bigint, p_delay interval, p_refund boolean, p_error jsonb)
returns text language plpgsql volatile set search_path = '' as $$
declare
  me prov.jobs;
  twin bigint;
  answer text;
begin
  select * into me from prov.jobs
    where id = p_job and fence = p_fence and state = 'running' for update;
  if not found then
    return 'stale';
  end if;
  if me.cancel_at is not null then
    perform prov.finish(p_job, p_fence, 'cancelled', p_error);
    return 'cancelled';
  end if;
  -- A twin may appear between the look and the update; then the index refuses and we look again.
  for i in 1 .. 5 loop
    select id into twin from prov.jobs
      where lane = me.lane and merge_key = me.merge_key and state = 'queued' for update;
    if found then
      update prov.jobs j set
        attempt = case when p_refund or j.want_gen > me.want_gen then j.attempt
                       else greatest(j.attempt, me.attempt) end,
        crashes = case when j.want_gen > me.want_gen then j.crashes else greatest(j.crashes, me.crashes) end,
        last_error = coalesce(p_error, j.last_error),
        run_at = case when j.want_gen > me.want_gen then j.run_at
                      else greatest(j.run_at, now() + p_delay) end,
        want_gen = greatest(j.want_gen, me.want_gen)
      where j.id = twin;
      perform prov.finish(p_job, p_fence, 'superseded', p_error);
      return 'merged';
    end if;
    begin
      update prov.jobs j set
        state = case when not p_refund and j.attempt >= j.max_attempts then 'dead' else 'queued' end,
        attempt = j.attempt - p_refund::integer, run_at = now() + p_delay, worker = null,
        lease_until = null, last_error = coalesce(p_error, j.last_error),
        class = case when p_refund and p_delay >= interval '10 s' then greatest(j.class, 1) else j.class end
      where j.id = p_job
      returning j.state into answer;
      return answer;
    exception when unique_violation then null;
    end;
  end loop;
  raise exception 'job % finds no place in its lane', p_job using errcode = 'serialization_failure';
end $$;
