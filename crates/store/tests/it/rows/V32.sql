insert into prov.sync_pass (begun_at) values ('2029-12-01Z');
insert into prov.sync_pass_instances (instance, job, status) values
  ('00000000-0000-0000-0000-0000000000a4', 1, 'running'),
  ('00000000-0000-0000-0000-0000000000b4', 2, 'deprovisioning');
