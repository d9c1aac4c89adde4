-- Why an operator did something with a job or an event: in the audit log, as it is of every other command.

drop function api.admin_job_by_hand(jsonb, bigint, text);
create function api.admin_job_by_hand(p_call jsonb, p_job bigint, p_action text, p_reason text default null)
returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  became text;
  job api.all_jobs;
begin
  if entered ? 'refusal' then return entered; end if;
  became := prov.by_hand(p_job, p_action);
  job := api.find_job(p_job);
  if job.id is null then return entered || api.refusal('job_not_found'); end if;
  if became is null then
    return entered || api.refusal(case when p_action = 'cancel' then 'job_not_cancellable' else 'job_not_dead' end,
      jsonb_build_object('state', job.state));
  end if;
  perform api.audit(p_call, 'admin', job.tenant, 'job.' || p_action, 'job', p_job::text,
    jsonb_build_object('kind', job.kind, 'lane', job.lane, 'became', became), p_reason);
  return entered || jsonb_build_object('data', api.operated_job_json(job));
end $$;

drop function api.replay_event(jsonb, text);
create function api.replay_event(p_call jsonb, p_event text, p_reason text default null) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  entered jsonb := api.enter_admin(p_call);
  job jsonb;
  about webhook_events;
begin
  if entered ? 'refusal' then return entered; end if;
  job := prov.reopen_event(p_event);
  if job is null then return entered || api.refusal('event_not_found'); end if;
  select * into about from webhook_events e where e.id = p_event;
  perform api.audit(p_call, 'admin', about.account_id, 'webhook.replay', 'webhook_event', p_event,
    jsonb_build_object('type', about.type), p_reason);
  return entered || jsonb_build_object('data', jsonb_build_object('event', api.event_json(about), 'job', job));
end $$;

grant execute on function api.admin_job_by_hand(jsonb, bigint, text, text), api.replay_event(jsonb, text, text)
  to mindroom_functions;
