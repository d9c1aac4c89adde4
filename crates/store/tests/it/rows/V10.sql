insert into prov.schedule (name, kind, payload, class, every, next_at, last_at) values
  ('billing-reconcile', 'reconcile-billing', '{"all": true}', 1, '6 hours', '2030-01-01Z', now()),
  ('paused', 'nothing', '{}', 2, '1 second', 'infinity', null);
