-- An account's address is what its newest token says, not its latest caller's: a token from before the address was
-- changed stays good for an hour, and both may be in use.
alter table public.accounts add column email_as_of timestamptz; -- when the token was made that `email` is from

-- As it was, but that an older token does not take back an address that a newer one brought.
create or replace function api.admit(p_call jsonb) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  caller constant uuid := (p_call ->> 'sub')::uuid;
  told_at constant timestamptz := to_timestamp((p_call ->> 'issued_at')::bigint);
  mine accounts;
  rate jsonb;
begin
  perform set_config('app.account_id', caller::text, true);
  perform set_config('app.request_id', coalesce(p_call ->> 'request_id', ''), true);
  perform set_config('app.traceparent', coalesce(p_call ->> 'traceparent', ''), true);
  select * into mine from accounts where id = caller;
  if not found then
    insert into accounts (id, email, email_as_of, full_name, status)
    values (caller, p_call ->> 'email', told_at, nullif(p_call ->> 'full_name', ''), 'active')
    on conflict (id) do nothing;
    select * into strict mine from accounts where id = caller;
  elsif mine.email is distinct from p_call ->> 'email' and coalesce(told_at >= mine.email_as_of, true) then
    -- the address was changed at the auth service, which the token proves
    update accounts set email = p_call ->> 'email', email_as_of = told_at where id = caller returning * into mine;
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

grant insert (email_as_of), update (email_as_of) on public.accounts to mindroom_functions;
