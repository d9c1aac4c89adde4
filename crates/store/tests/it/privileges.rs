//! Who may do what to every object: taken from the catalog and compared with `privileges.txt`, line by line, so
//! that a new object has to be thought about.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::support::{file, filled};

/// Everybody who connects, but for the owner. `public` is whoever has no role of ours.
const ROLES: [&str; 8] = [
    "public",
    "anon",
    "authenticated",
    "service_role",
    "mindroom_functions",
    "mindroom_daemon",
    "mindroom_gateway",
    "supabase_auth_admin",
];

/// One row per object, role and privilege; columns where not the whole table is meant.
const PRIVILEGES: &str = r"
with objects as (
  select 'schema' as kind, nspname::text as name, oid, null::text as flag
  from pg_namespace where nspname in ('public', 'api', 'prov')
  union all
  select case relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'view' else 'table' end,
    relnamespace::regnamespace || '.' || relname, oid, null
  from pg_class
  where relnamespace::regnamespace::text in ('public', 'api', 'prov') and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not relispartition
  union all
  select 'function',
    pronamespace::regnamespace || '.' || proname || '(' || pg_get_function_identity_arguments(oid) || ')', oid, case when prosecdef then ' definer' end
  from pg_proc where pronamespace::regnamespace::text in ('public', 'api', 'prov')
), granted as (
  select o.kind, o.name, o.flag, role, array_remove(case o.kind
    when 'schema' then array(select p from unnest(array['USAGE', 'CREATE']) p
      where has_schema_privilege(role, o.oid, p))
    when 'sequence' then array(select p from unnest(array['SELECT', 'USAGE', 'UPDATE']) p
      where has_sequence_privilege(role, o.oid, p))
    when 'function' then array(select p from unnest(array['EXECUTE']) p
      where has_function_privilege(role, o.oid, p))
    else array(select case
        when has_table_privilege(role, o.oid, p) then p
        when p in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege(role, o.oid, p) then
          p || ' (' || (select string_agg(attname, ', ' order by attnum) from pg_attribute
            where attrelid = o.oid and attnum > 0 and not attisdropped
              and has_column_privilege(role, o.oid, attnum, p)) || ')'
      end
      from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p)
    end, null) as privileges
  from objects o, unnest($1::text[]) role
)
select kind || ' ' || name || coalesce(flag, '') as object,
  case when cardinality(privileges) > 0 then role end, array_to_string(privileges, ', ')
from granted
where cardinality(privileges) > 0
union all
select kind || ' ' || name || coalesce(flag, ''), null, null
from granted
group by kind, name, flag
having max(cardinality(privileges)) = 0";

#[tokio::test]
async fn every_object_gives_what_is_written_and_no_more() {
    let owner = filled().await.owner().await;
    let rows = owner.query(PRIVILEGES, &[&&ROLES[..]]).await.unwrap();
    let found: BTreeSet<String> = rows
        .iter()
        .map(|row| match row.get::<_, Option<String>>(1) {
            Some(role) => format!(
                "{} | {role} | {}",
                row.get::<_, String>(0),
                row.get::<_, String>(2)
            ),
            None => format!("{} | nobody", row.get::<_, String>(0)),
        })
        .collect();
    let written = std::fs::read_to_string(file("tests/it/privileges.txt")).unwrap();
    let written: BTreeSet<String> = written
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let mut differences = String::new();
    for line in found.difference(&written) {
        let _ = writeln!(differences, "not written: {line}");
    }
    for line in written.difference(&found) {
        let _ = writeln!(differences, "not so:      {line}");
    }
    assert!(differences.is_empty(), "privileges.txt\n{differences}");
}
