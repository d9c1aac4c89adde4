-- How a daemon sees that the database takes writes. A claim that finds nothing writes nothing, and an update that
-- all replicas make to one row has them wait for each other. A sequence is written without a lock on a row; it
-- refuses in a read-only session, and logs what it is set to.
create sequence prov.pulse_seq;
create function prov.take_write() returns bigint
language sql volatile set search_path = '' as $$ select setval('prov.pulse_seq', 1) $$;
revoke all on function prov.take_write() from public;
grant execute on function prov.take_write() to mindroom_daemon;
grant update on sequence prov.pulse_seq to mindroom_daemon;
