insert into account_deletions (account_id, due_at, subscriptions) values
  ('00000000-0000-0000-0000-0000000000a1', '2030-01-01Z', '{}'),
  ('00000000-0000-0000-0000-0000000000b1', '2030-01-01Z', '{sub_b}');
