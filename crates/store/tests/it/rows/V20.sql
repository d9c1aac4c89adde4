insert into account_notes (account_id, notes) values
  ('00000000-0000-0000-0000-0000000000a1', 'Rang on Monday.'),
  ('00000000-0000-0000-0000-0000000000b1', 'Pays by yearly invoice ☃');
