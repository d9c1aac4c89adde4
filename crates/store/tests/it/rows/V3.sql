-- Jobs in every state, and what ended.
insert into prov.jobs (lane, tenant, kind, merge_key, payload, want_gen, state, attempt, fence, worker, claimed_at,
  lease_until, last_error)
values
  ('instance:00000000-0000-0000-0000-0000000000a4', '00000000-0000-0000-0000-0000000000a1', 'reconcile-instance',
    'reconcile', '{"instance": "00000000-0000-0000-0000-0000000000a4"}', 3, 'running', 1, 11, gen_random_uuid(), now(),
    now() + interval '30 s', null),
  ('instance:00000000-0000-0000-0000-0000000000a4', '00000000-0000-0000-0000-0000000000a1', 'reconcile-instance',
    'reconcile', '{"instance": "00000000-0000-0000-0000-0000000000a4"}', 4, 'queued', 0, null, null, null, null, null),
  ('stripe:cus_b', '00000000-0000-0000-0000-0000000000b1', 'stripe-event', 'evt_b', '{"event": "evt_b"}', 0, 'dead', 12,
    12, null, now(), null, '{"class": "poison"}');
insert into prov.job_history (id, lane, tenant, kind, class, outcome, attempt, crashes, fence, want_gen, created_at,
  claimed_at, finished_at, error)
values
  (1000001, 'stripe:cus_a', '00000000-0000-0000-0000-0000000000a1', 'stripe-event', 0, 'done', 1, 0, 5, 0, now(), now(),
    now(), null),
  (1000002, 'stripe:cus_b', null, 'stripe-event', 2, 'blocked', 2, 1, 6, 0, now(), now(),
    now() - interval '2 days', '{"class": "x"}');
select setval('prov.fence_seq', 12);
