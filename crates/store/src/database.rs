//! The seam to PostgreSQL: one small trait, implemented over Spin's interface (in `edge`) and over
//! tokio-postgres (feature `native`).

use std::future::Future;

/// Whether a statement may be sent again when the connection broke and nobody knows whether it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Changes nothing that matters: repeated once on a new connection.
    Read,
    /// Never repeated.
    Write,
}

/// A parameter of a statement. Few kinds, since Spin's interface converts few and strictly.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// text
    Text(&'a str),
    /// text or null
    MaybeText(Option<&'a str>),
    /// integer
    Int(i32),
    /// bigint
    BigInt(i64),
    /// text[]
    Texts(&'a [String]),
    /// jsonb
    Json(&'a serde_json::Value),
}

/// Why a statement gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// PostgreSQL cannot be reached or broke the connection.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// PostgreSQL refused the statement or ended it.
    #[error("the database refused: {message} ({sqlstate})")]
    Refused {
        /// Five characters; see PostgreSQL's appendix A.
        sqlstate: String,
        /// PostgreSQL's text, for the log.
        message: String,
    },
    /// The answer has another form than the code expects.
    #[error("unexpected answer to `{statement}`: {cause}")]
    Unexpected {
        /// Which statement.
        statement: &'static str,
        /// What is wrong.
        cause: String,
    },
}

impl DatabaseError {
    /// Whether the same request may work a little later: connection lost, timeouts, too many connections, disk
    /// full, shutdown, serialisation, errors of the server's disk (SQLSTATE classes 08, 40, 53, 55, 57, 58), and a
    /// database that takes no writes for now (25006: a standby, or Supabase when the disk is nearly full).
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Refused { sqlstate, .. } => ["08", "25006", "40", "53", "55", "57", "58"]
                .iter()
                .any(|class| sqlstate.starts_with(class)),
            Self::Unexpected { .. } => false,
        }
    }
}

/// Runs statements that answer one jsonb cell: PostgreSQL builds the JSON, so that no column type is lost
/// between two clients that convert differently.
pub trait Database {
    /// The text of the one cell of the one row.
    fn fetch_json(
        &self,
        access: Access,
        statement: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<u8>, DatabaseError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        let transient = |sqlstate: &str| {
            let refused = DatabaseError::Refused {
                sqlstate: sqlstate.to_owned(),
                message: String::new(),
            };
            refused.is_transient()
        };
        // shutdown, recovery, timeout, too many connections, disk full, broken disk, deadlock, lock, read-only
        for sqlstate in [
            "57P01", "57P03", "57014", "53300", "53100", "58030", "40P01", "55P03", "25006",
        ] {
            assert!(transient(sqlstate), "{sqlstate}");
        }
        // a mistake of ours stays one: privilege, constraint, syntax, a raised exception, an open transaction
        for sqlstate in ["42501", "23505", "42601", "P0001", "25001"] {
            assert!(!transient(sqlstate), "{sqlstate}");
        }
        assert!(DatabaseError::Unavailable(String::new()).is_transient());
    }
}
