-- Two accounts with a row in every table of V1. Account A's ids end in a1 and such, B's in b1.
insert into accounts (id, email, full_name, company_name, status, is_admin, stripe_customer_id, consent_marketing)
values
  ('00000000-0000-0000-0000-0000000000a1', 'ann@example.com', 'Ann O''Hara', null, 'active', true, 'cus_a', true),
  ('00000000-0000-0000-0000-0000000000b1', 'bo@example.com', null, 'Bø & Co', 'active', false, 'cus_b', false),
  ('00000000-0000-0000-0000-0000000000c1', 'gone@example.com', '', '', 'deleted', false, null, false);

insert into subscriptions (id, account_id, tier, billing_cycle, status, stripe_subscription_id, stripe_price_id,
  max_agents, max_messages_per_day, max_storage_gb, trial_ends_at, current_period_end, synced_at)
values
  ('00000000-0000-0000-0000-0000000000a2', '00000000-0000-0000-0000-0000000000a1', 'hobby', 'monthly', 'trialing',
    'sub_a', 'price_1', 5, 999999, 10, '2030-01-01Z', '2030-02-01Z', '2029-12-01Z'),
  ('00000000-0000-0000-0000-0000000000b2', '00000000-0000-0000-0000-0000000000b1', 'pro', 'yearly', 'unknown',
    'sub_b', 'price_2', 999999, 999999, 50, null, null, null),
  ('00000000-0000-0000-0000-0000000000b3', '00000000-0000-0000-0000-0000000000b1', 'free', null, 'active',
    null, null, 1, 10, 1, null, null, null);

insert into instances (id, account_id, subscription_id, subdomain, name, tier, desired_state, status, progress,
  internal_urls, owner_matrix_id, fence, desired_gen, observed_gen)
values
  ('00000000-0000-0000-0000-0000000000a4', '00000000-0000-0000-0000-0000000000a1',
    '00000000-0000-0000-0000-0000000000a2', 'acme', 'Acme ☃', 'hobby', 'running', 'running',
    '[{"name": "database", "title": "Database", "state": "done"}]', '{"web": "http://127.0.0.1:1"}', '@a:acme', 7, 3, 3),
  ('00000000-0000-0000-0000-0000000000b4', '00000000-0000-0000-0000-0000000000b1',
    '00000000-0000-0000-0000-0000000000b2', 'bo-2', 'Bo', 'pro', 'deleted', 'deprovisioning', '[]', '{}', null, 9, 4, 3);

insert into instance_secrets (instance, name, value) values
  ('00000000-0000-0000-0000-0000000000a4', 'owner_password', 'secret a'),
  ('00000000-0000-0000-0000-0000000000a4', 'registration', 'secret a2'),
  ('00000000-0000-0000-0000-0000000000b4', 'owner_password', 'secret b');

insert into instance_events (account_id, instance, kind, name, state, detail) values
  ('00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-0000000000a4', 'step', 'database', 'done', null),
  ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000b4', 'wish', 'delete', null, 'x');

insert into instance_health (instance, healthy, latency_ms, detail) values
  ('00000000-0000-0000-0000-0000000000a4', true, 12, null),
  ('00000000-0000-0000-0000-0000000000b4', false, 5000, 'timed out');

insert into checkout_sessions (stripe_session_id, account_id, tier, billing_cycle, url, status, expires_at) values
  ('cs_a', '00000000-0000-0000-0000-0000000000a1', 'hobby', 'monthly', 'https://x.example/a', 'complete', '2030-01-01Z'),
  ('cs_b', '00000000-0000-0000-0000-0000000000b1', 'pro', 'yearly', 'https://x.example/b', 'open', '2030-01-01Z');

insert into payments (account_id, stripe_invoice_id, stripe_subscription_id, number, status, amount_due, amount_paid,
  currency, created_at, synced_at)
values
  ('00000000-0000-0000-0000-0000000000a1', 'in_a', 'sub_a', 'A-1', 'paid', 2900, 2900, 'usd', now(), now()),
  ('00000000-0000-0000-0000-0000000000b1', 'in_b', 'sub_b', null, 'open', 99000000000, 0, 'usd', now(), now());

insert into webhook_events (id, type, object_type, object_id, customer_id, account_id, livemode, api_version, payload,
  created_at, processed_at, outcome, deliveries)
values
  ('evt_a', 'invoice.paid', 'invoice', 'in_a', 'cus_a', '00000000-0000-0000-0000-0000000000a1', false, 'v', '{"a": [1]}',
    now(), now(), 'saved', 2),
  ('evt_b', 'invoice.paid', 'invoice', 'in_b', 'cus_b', '00000000-0000-0000-0000-0000000000b1', true, null, '{}',
    now(), null, null, 1),
  ('evt_nobody', 'customer.created', 'customer', null, 'cus_nobody', null, true, null, '{}', now(), null,
    'unknown_customer', 1);

insert into audit_logs (account_id, actor_type, actor_id, action, resource_type, resource_id, reason, details, ip_address)
values
  ('00000000-0000-0000-0000-0000000000a1', 'account', 'a', 'instance.start', 'instance', 'a4', null, '{}', '192.0.2.1'),
  ('00000000-0000-0000-0000-0000000000b1', 'stripe', 'evt_b', 'subscription_synced', 'subscription', 'b2', 'why',
    '{"status": "active"}', null),
  (null, 'admin', 'a', 'GET /admin/accounts', 'platform', null, null, '{}', '2001:db8::1');

insert into service_keys (name, sha256, scopes, expires_at, revoked_at) values
  ('cron', sha256('cron'), '{health}', null, null),
  ('old', sha256('old'), '{provision,metrics}', '2020-01-01Z', '2020-01-01Z');

insert into rate_limits (subject, route_group, window_start, used) values
  ('00000000-0000-0000-0000-0000000000a1', 'read', date_trunc('minute', now()), 3),
  ('192.0.2.1', 'anonymous', '2020-01-01Z', 1);
