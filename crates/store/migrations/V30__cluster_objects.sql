-- What the daemon has in a Kubernetes cluster. An object is listed before it is first written there and until its
-- end was seen, so that whoever dies in between, nothing there is forgotten.

create table prov.cluster_objects (
  instance uuid not null references public.instances on delete cascade, -- a row goes once nothing of it is left
  api_version text not null,
  kind text not null,
  name text not null,
  uid text,                          -- of the object as it was applied; a namesake has another
  hash text,                         -- of what was applied
  owned text,                        -- which fields were ours afterwards: another answer is somebody else's change
  fence bigint not null,
  primary key (instance, kind, name, api_version)
);

-- Which values an instance's objects were last rendered from.
create table prov.cluster_renders (
  instance uuid primary key references public.instances on delete cascade,
  digest text,                       -- of the last one that was applied whole
  refused text,                      -- of one that would remove more than half of the objects
  confirmed text                     -- of the refused one that a person let through
);

alter table prov.cluster_objects enable row level security;
create policy daemon on prov.cluster_objects to mindroom_daemon using (true) with check (true);
alter table prov.cluster_renders enable row level security;
create policy daemon on prov.cluster_renders to mindroom_daemon using (true) with check (true);

-- Lists objects that are about to be written, beside those that are listed. False: the claim is lost.
create function prov.list_objects(p_job bigint, p_fence bigint, p_instance uuid, p_objects jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  insert into prov.cluster_objects (instance, api_version, kind, name, uid, fence)
  select p_instance, o.api_version, o.kind, o.name, o.uid, p_fence
  from jsonb_to_recordset(p_objects) as o (api_version text, kind text, name text, uid text)
  on conflict do nothing;
  return true;
end $$;

-- Records what was written, by object.
create function prov.record_objects(p_job bigint, p_fence bigint, p_instance uuid, p_objects jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  update prov.cluster_objects c set uid = o.uid, hash = o.hash, owned = o.owned, fence = p_fence
  from jsonb_to_recordset(p_objects) as o (api_version text, kind text, name text, uid text, hash text, owned text)
  where c.instance = p_instance and c.api_version = o.api_version and c.kind = o.kind and c.name = o.name
    and c.fence <= p_fence;
  return true;
end $$;

-- Takes objects off the list whose end was seen.
create function prov.forget_objects(p_job bigint, p_fence bigint, p_instance uuid, p_objects jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  delete from prov.cluster_objects c
  using jsonb_to_recordset(p_objects) as o (api_version text, kind text, name text)
  where c.instance = p_instance and c.api_version = o.api_version and c.kind = o.kind and c.name = o.name;
  return true;
end $$;

-- Records how far a render came: applied, or refused. Null in both: nothing of the instance is left.
create function prov.record_render(p_job bigint, p_fence bigint, p_instance uuid, p_applied text, p_refused text)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  if not prov.holds(p_job, p_fence) then
    return false;
  end if;
  if p_applied is null and p_refused is null then
    delete from prov.cluster_renders r where r.instance = p_instance;
    return true;
  end if;
  insert into prov.cluster_renders as r (instance, digest, refused) values (p_instance, p_applied, p_refused)
  on conflict (instance) do update set
    digest = coalesce(excluded.digest, r.digest),
    refused = excluded.refused,
    confirmed = case when excluded.refused is null then null else r.confirmed end;
  return true;
end $$;

-- For an operator, as the database's owner: lets through what was refused, and starts it. Answers the job, null when nothing was refused.
create function prov.confirm_render(p_instance uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  update prov.cluster_renders r set confirmed = r.refused where r.instance = p_instance and r.refused is not null;
  if not found then
    return null;
  end if;
  return prov.enqueue_instance(p_instance);
end $$;

revoke all on function prov.list_objects(bigint, bigint, uuid, jsonb), prov.record_objects(bigint, bigint, uuid, jsonb),
  prov.forget_objects(bigint, bigint, uuid, jsonb), prov.record_render(bigint, bigint, uuid, text, text),
  prov.confirm_render(uuid) from public;
grant execute on function prov.list_objects(bigint, bigint, uuid, jsonb),
  prov.record_objects(bigint, bigint, uuid, jsonb), prov.forget_objects(bigint, bigint, uuid, jsonb),
  prov.record_render(bigint, bigint, uuid, text, text) to mindroom_daemon;
grant select, insert, update, delete on prov.cluster_objects, prov.cluster_renders to mindroom_daemon;
