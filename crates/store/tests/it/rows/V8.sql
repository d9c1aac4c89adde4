insert into idempotency_keys (subject, operation, key, request_sha256, attempt, answer, claimed_until, created_at) values
  ('00000000-0000-0000-0000-0000000000a1', 'POST /my/account/setup', 'k1', 'x', gen_random_uuid(), '{"data": {"a": 1}}',
    now(), now()),
  ('machine:0011', 'POST /system/health-checks', 'k1', 'y', gen_random_uuid(), null, now() + interval '2 minutes', '2020-01-01Z');
