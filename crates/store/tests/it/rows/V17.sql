-- Checks of a week that is long over, and an instance that was repaired in vain.
insert into public.instance_health (instance, checked_at, healthy, latency_ms, detail) values
  ('00000000-0000-0000-0000-0000000000b4', now() - interval '40 days', true, 8, null),
  ('00000000-0000-0000-0000-0000000000b4', now() - interval '41 days', false, 5000, 'MindRoom did not answer');
update public.instances set repairs = 3, repaired_at = now() - interval '1 hour'
where id = '00000000-0000-0000-0000-0000000000b4';
