insert into sessions (sha256, account_id) values
  (sha256('a'), '00000000-0000-0000-0000-0000000000a1'),
  (sha256('b'), '00000000-0000-0000-0000-0000000000b1');
