//! Which texts are SQL: those that begin as a statement does, and those that hold a clause that nothing else has.
//!
//! A parser would not do: what is looked for also stands in pieces and with `{}` for what is put in, and
//! "select a plan from the list" parses.

use std::sync::LazyLock;

use regex::RegexSet;

/// How statements begin.
const BEGINNINGS: &[&str] = &[
    r"^(with\s+(recursive\s+)?\w+\s*(\([^)]*\)\s*)?as\s+(not\s+)?(materialized\s+)?\()",
    r"^select\s+(distinct\b|\*|[\d$'(]|exists\b|(\w+\.)?\w+\s*\(|\w+\.\w+|null\b|current_)",
    r"^select\s+[\w.,\s*()]+\sfrom\s+[\w.{]",
    r"^insert\s+into\s+[\w{]",
    r#"^update\s+(only\s+)?[\w."{}]+(\s+(as\s+)?\w+)?\s+set\s"#,
    r"^delete\s+from\s+[\w{]",
    r"^merge\s+into\s",
    r"^truncate\s+table\s",
    r"^(create|drop|alter)\s+(or\s+replace\s+)?(temp\w*\s+|unique\s+|unlogged\s+|materialized\s+)?(table|index|view|role|user|database|schema|function|procedure|extension|trigger|policy|type|sequence|publication)\s+(concurrently\s+)?(if\s+(not\s+)?exists\s+)?\S+\s*($|;|\(|\s(with|owner|template|login|nologin|password|as|on|returns|add|drop|rename|set|cascade|for|using|connection|enable|disable|inherit|start|from|increment)\b)",
    r"^(grant|revoke)\s+(all|select|insert|update|delete|usage|execute|connect|create|temporary|truncate|references)\b.*\son\s",
    r"^(begin|commit|rollback|start\s+transaction)\s*;",
    r"^(start\s+transaction|begin\s+(transaction|isolation|read)|savepoint\s+\w+$)",
    r"^(un)?listen\s+([\w{}]+|\*)\s*;?$",
    r"^notify\s+\w+\s*,\s*'",
    r"^set\s+((local|session)\s+)?[\w.]+\s*=\s*\S",
    r"^set\s+(local|session)\s+[\w.]+\s+to\s",
    r"^set\s+((local|session)\s+)?(role|search_path|\w+_timeout|transaction|session\s+authorization)\s",
    r"^reset\s+(all|role|session)\b",
    r"^copy\s+.*\b(from\s+stdin|to\s+stdout)\b",
    r"^lock\s+table\s",
    r"^do\s+\$",
    r"^call\s+[\w.]+\s*\(.*\)",
    r"^explain\s+(select|analyze|\()",
    r"^(vacuum|analyze|reindex)\s+(full|table|index|verbose|\()",
];

/// Clauses that give a piece of a statement away.
const CLAUSES: &[&str] = &[
    r"\bwhere\s+[\w.]+\s*(=|<>|!=|<|>|like\s|between\s)\s*(\$\d|'|any\b|\(|\{|\w+\.)",
    r"\bwhere\s+[\w.]+\s+(is\s+(not\s+)?(null|true|false)\b|(not\s+)?in\s*\()",
    r"\bvalues\s*\(\s*(\$\d|'|\{|default\b)",
    r"\bon\s+conflict\s*(\(|do\s)",
    r"\bfor\s+(no\s+key\s+)?update\s+(of|skip|nowait)\b",
    r"\b(inner|left|right|cross|full)\s+(outer\s+)?join\s+\w",
    r"\bjoin\s+\w+(\s+\w+)?\s+(on\s+(\w+\.\w|true\b)|using\s*\()",
    r"\border\s+by\s+[\w.]+\s*(asc|desc|limit|nulls)\b",
    r"\bgroup\s+by\s+[\w.]+\s*(having|order|$)",
    r"\$\d+\s*::",
    r"\breturning\s+(\*|id\b)",
];

static BEGIN: LazyLock<RegexSet> = LazyLock::new(|| set(BEGINNINGS));
static HOLD: LazyLock<RegexSet> = LazyLock::new(|| set(CLAUSES));

#[expect(
    clippy::expect_used,
    reason = "fixed patterns, which the tests compile"
)]
fn set(patterns: &[&str]) -> RegexSet {
    let patterns = patterns.iter().map(|pattern| format!("(?is){pattern}"));
    RegexSet::new(patterns).expect("the patterns are sound")
}

/// The beginning of the text when it is SQL.
pub(super) fn recognise(text: &str) -> Option<String> {
    let keyword = text.split_whitespace().next()?;
    // in capitals nothing but SQL begins so, even when it goes on in another text (`DELETE` is also of HTTP)
    let is_shouted = ["SELECT", "INSERT", "UPDATE", "WITH"].contains(&keyword)
        && text.trim_start().len() > keyword.len();
    let text = text.trim();
    let is_word = ["BEGIN", "COMMIT", "ROLLBACK"].contains(&text);
    (is_word || is_shouted || BEGIN.is_match(text) || HOLD.is_match(text)).then(|| shortened(text))
}

fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(5).collect();
    format!("`{} …`", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_pieces_of_them_are_recognised() {
        for sql in [
            "select 1",
            "SELECT api.seed_admin($1, $2)",
            "select status, status_reason from instances where id = $1",
            "select exists (select 1 from users)",
            "select now()",
            "SELECT ",
            "SELECT {columns}",
            "\n  select id\n  from accounts",
            "insert into accounts (id) values ($1)",
            "update accounts set status = 'active'",
            "update public.accounts as a set status = $1",
            "delete from {table}",
            "with gone as (delete from a returning id) select count(*) from gone",
            "create table a (id uuid)",
            "create database {name} owner {name} template template0",
            "create role {name} login connection limit 3",
            "drop role if exists {name}",
            "alter table a add column b int",
            "grant select on accounts to mindroom_functions",
            "revoke all on database {name} from public",
            "BEGIN",
            "begin; select 1",
            "rollback;",
            "listen jobs",
            "LISTEN {CHANNEL}",
            "notify jobs, 'x'",
            "set local app.account_id = 'x'",
            "set statement_timeout = 0",
            "truncate table a",
            "do $$ begin end $$",
            "call tidy(1)",
            " where account_id = $1",
            "values ($1, $2)",
            "on conflict (id) do nothing",
            "for update skip locked",
            "left join b on true",
            "order by created_at desc",
            "$1::jsonb",
            "where deleted_at is null and x",
            "join b on b.id = a.b_id",
            "set role mindroom_functions",
        ] {
            assert!(recognise(sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn prose_is_not() {
        for prose in [
            "",
            "select a plan",
            "Select one of them.",
            "listen on {address}",
            "listen for signals",
            "update your payment method to go on",
            "Update it, then set it up.",
            "delete the instance",
            "create role for an instance",
            "create the database",
            "create index page of {title}",
            "drop privileges",
            "grant access to {user}",
            "commit",
            "begin",
            "start",
            "set up",
            "set the account up",
            "with it all",
            "call me",
            "explain",
            "explain it",
            "analyze this",
            "DELETE /my/instances/{id}",
            "set it to 5",
            "set session cookie",
            "order by telephone",
            "returning to the portal",
            "for updates",
            "join a room on another server",
            "std::text",
            "The last payment failed. Update your payment method to go on.",
            "values are not templates",
            "where it is",
        ] {
            assert_eq!(recognise(prose), None, "{prose}");
        }
    }
}
