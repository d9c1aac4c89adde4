//! Every object in one table: its rendering, what is not shown of it, and when it changes by itself.

use serde_json::Value;
use tokio_postgres::Row;

use crate::work::Work;

/// One object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// What the API answers.
    pub(crate) body: Value,
    /// What Stripe knows and does not show.
    pub(crate) hidden: Value,
    /// When something happens to it by itself, Unix seconds.
    pub(crate) due_at: Option<i64>,
}

impl Object {
    pub(crate) fn new(body: Value) -> Self {
        Self {
            body,
            hidden: Value::Object(serde_json::Map::new()),
            due_at: None,
        }
    }

    pub(crate) fn id(&self) -> &str {
        self.text("id")
    }

    /// A field that is always a text; empty when it is not set.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// An amount in minor units, a time in Unix seconds or a count; 0 when it is not set.
    pub(crate) fn number(&self, field: &str) -> i64 {
        self.body[field].as_i64().unwrap_or_default()
    }

    /// A switch; false when it is not set.
    pub(crate) fn is(&self, field: &str) -> bool {
        self.body[field].as_bool().unwrap_or_default()
    }

    /// The test clock by which it lives: shown by customers, subscriptions and invoices, hidden by others.
    pub(crate) fn test_clock(&self) -> Option<&str> {
        let shown = self.body["test_clock"].as_str();
        shown.or_else(|| self.hidden["test_clock"].as_str())
    }

    fn of(row: &Row) -> Self {
        Self {
            body: row.get("body"),
            hidden: row.get("hidden"),
            due_at: row.get("due_at"),
        }
    }
}

/// Which objects a list holds.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) kind: &'static str,
    /// Fields that must be as here.
    pub(crate) like: Value,
    /// A field that must have one of these values (of any when empty).
    pub(crate) one_of: (&'static str, Vec<String>),
    /// A field that must have none of these values.
    pub(crate) none_of: (&'static str, Vec<String>),
    /// When it was made: first and last second.
    pub(crate) created: (i64, i64),
}

impl Filter {
    pub(crate) fn all(kind: &'static str) -> Self {
        let like = Value::Object(serde_json::Map::new());
        Self {
            kind,
            like,
            one_of: ("id", Vec::new()),
            none_of: ("id", Vec::new()),
            created: (i64::MIN, i64::MAX),
        }
    }

    /// Adds a field that must be as given, when it is given.
    pub(crate) fn with(mut self, field: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.like[field] = value.into();
        }
        self
    }
}

/// Which part of a list, newest first.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Range {
    Newest,
    OlderThan(i64),
    NewerThan(i64),
}

impl Work<'_> {
    pub(crate) async fn insert(&self, object: &Object) -> Result<(), tokio_postgres::Error> {
        let statement = "INSERT INTO objects (id, kind, body, hidden, due_at, clock)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let Object {
            body,
            hidden,
            due_at,
        } = object;
        let (id, kind) = (object.id(), object.text("object"));
        self.sql()
            .execute(
                statement,
                &[&id, &kind, body, hidden, due_at, &object.test_clock()],
            )
            .await
            .map(|_| ())
    }

    pub(crate) async fn save(&self, object: &Object) -> Result<(), tokio_postgres::Error> {
        let statement = "UPDATE objects SET body = $2, hidden = $3, due_at = $4, clock = $5
            WHERE id = $1";
        let Object {
            body,
            hidden,
            due_at,
        } = object;
        self.sql()
            .execute(
                statement,
                &[&object.id(), body, hidden, due_at, &object.test_clock()],
            )
            .await
            .map(|_| ())
    }

    /// The object, locked until this work ends. From here on it is the time of its test clock.
    pub(crate) async fn find(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<Option<Object>, tokio_postgres::Error> {
        let statement = "SELECT body, hidden, due_at FROM objects WHERE kind = $1 AND id = $2
            FOR UPDATE";
        if id.contains('\0') {
            return Ok(None); // nothing is called that, and the database cannot even be asked
        }
        let row = self.sql().query_opt(statement, &[&kind, &id]).await?;
        self.found(row).await
    }

    async fn found(&self, row: Option<Row>) -> Result<Option<Object>, tokio_postgres::Error> {
        let Some(object) = row.as_ref().map(Object::of) else {
            return Ok(None);
        };
        self.enter(&object).await?;
        Ok(Some(object))
    }

    /// The object of an id, whatever its kind; nothing is locked and the time stays.
    pub(crate) async fn peek(&self, id: &str) -> Result<Option<Object>, tokio_postgres::Error> {
        let statement = "SELECT body, hidden, due_at FROM objects WHERE id = $1";
        let row = self.sql().query_opt(statement, &[&id]).await?;
        Ok(row.as_ref().map(Object::of))
    }

    /// The newest object of a kind that holds these fields, locked as with `find`.
    pub(crate) async fn find_like(
        &self,
        kind: &str,
        like: &Value,
    ) -> Result<Option<Object>, tokio_postgres::Error> {
        let statement = "SELECT body, hidden, due_at FROM objects WHERE kind = $1 AND body @> $2
            ORDER BY sequence DESC LIMIT 1 FOR UPDATE";
        let row = self.sql().query_opt(statement, &[&kind, like]).await?;
        self.found(row).await
    }

    /// All objects of a kind that hold these fields, oldest first, locked as with `find`.
    pub(crate) async fn find_all(
        &self,
        kind: &str,
        like: &Value,
    ) -> Result<Vec<Object>, tokio_postgres::Error> {
        let statement = "SELECT body, hidden, due_at FROM objects WHERE kind = $1 AND body @> $2
            ORDER BY sequence FOR UPDATE";
        let rows = self.sql().query(statement, &[&kind, like]).await?;
        Ok(rows.iter().map(Object::of).collect())
    }

    /// Takes the object whose time came first, by its own clock. A test clock comes after all that lives by it.
    pub(crate) async fn find_due(&self) -> Result<Option<Object>, tokio_postgres::Error> {
        let statement = "SELECT body, hidden, due_at FROM objects WHERE due_at <= CASE
                WHEN clock IS NULL THEN $1
                ELSE (SELECT coalesce((hidden ->> 'target')::bigint, (body ->> 'frozen_time')::bigint)
                    FROM objects clocks WHERE clocks.id = objects.clock)
            END
            ORDER BY due_at, kind = 'test_helpers.test_clock', sequence LIMIT 1
            FOR UPDATE OF objects";
        let row = self.sql().query_opt(statement, &[&self.clock()]).await?;
        Ok(row.as_ref().map(Object::of))
    }

    /// Where an object stands in its list.
    pub(crate) async fn sequence(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<Option<i64>, tokio_postgres::Error> {
        let statement = "SELECT sequence FROM objects WHERE kind = $1 AND id = $2";
        let row = self.sql().query_opt(statement, &[&kind, &id]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    pub(crate) async fn list(
        &self,
        filter: &Filter,
        range: Range,
        limit: i64,
    ) -> Result<Vec<Value>, tokio_postgres::Error> {
        const WHERE: &str = "FROM objects WHERE kind = $1 AND body @> $2
            AND (cardinality($4::text[]) = 0 OR body ->> $3 = ANY ($4))
            AND coalesce(body ->> $5, '') <> ALL ($6::text[])
            AND coalesce((body ->> 'created')::bigint, 0) BETWEEN $8 AND $9";
        let (comparison, order, bound) = match range {
            Range::Newest => ("sequence < $7", "DESC", i64::MAX),
            Range::OlderThan(bound) => ("sequence < $7", "DESC", bound),
            Range::NewerThan(bound) => ("sequence > $7", "ASC", bound),
        };
        let statement =
            format!("SELECT body {WHERE} AND {comparison} ORDER BY sequence {order} LIMIT {limit}");
        let Filter {
            kind,
            like,
            one_of,
            none_of,
            created,
        } = filter;
        let rows = self
            .sql()
            .query(
                &statement,
                &[
                    kind, like, &one_of.0, &one_of.1, &none_of.0, &none_of.1, &bound, &created.0,
                    &created.1,
                ],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get("body")).collect())
    }
}
