insert into usage_metrics (account_id, subscription_id, metric_date, messages_sent, agents_used, storage_used_gb) values
  ('00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-0000000000a2', current_date, 12, 2, 0.25),
  ('00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-0000000000a2', current_date - 40, 7, 1, 0.2),
  ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000b2', current_date, 99, 9, 41.5);
