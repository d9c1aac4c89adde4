insert into prov.cluster_objects (instance, api_version, kind, name, uid, hash, owned, fence) values
  ('00000000-0000-0000-0000-0000000000b4', 'v1', 'Service', 'synapse', 'u', 'h', 'o', 1);
insert into prov.cluster_renders (instance, digest) values ('00000000-0000-0000-0000-0000000000b4', 'd');
