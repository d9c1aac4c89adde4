-- Ends of both accounts, in both tables that keep them.
insert into prov.job_history (id, lane, tenant, kind, class, outcome, attempt, crashes, fence, want_gen, created_at,
  claimed_at, finished_at, traceparent)
values
  (1000004, 'instance:00000000-0000-0000-0000-0000000000b4', '00000000-0000-0000-0000-0000000000b1',
    'reconcile-instance', 0, 'cancelled', 1, 0, 8, 2, now(), now(), now(),
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
insert into prov.job_failures (id, lane, tenant, kind, class, outcome, attempt, crashes, fence, want_gen, created_at,
  claimed_at, finished_at, error)
values
  (1000005, 'stripe:cus_b', '00000000-0000-0000-0000-0000000000b1', 'stripe-event', 0, 'discarded', 12, 0, 9, 0, now(),
    now(), now(), '{"class": "transient", "message": "stripe: 500"}');
