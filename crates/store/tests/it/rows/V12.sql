insert into prov.job_failures (id, lane, tenant, kind, class, outcome, attempt, crashes, fence, want_gen, created_at,
  claimed_at, finished_at, error)
values
  (1000002, 'stripe:cus_b', null, 'stripe-event', 2, 'blocked', 2, 1, 6, 0, now(), now(), now() - interval '30 days', '{"class": "x"}'),
  (1000003, 'instance:x', '00000000-0000-0000-0000-0000000000a1', 'reconcile-instance', 0, 'dead', 12, 3, 7, 4, now(),
    now(), now(), null);
