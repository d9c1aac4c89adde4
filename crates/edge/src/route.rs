//! Routes: method and path to handler.

use std::future::Future;
use std::pin::Pin;

use store::{RouteGroup, limits};

use crate::caller::Caller;
use crate::{Answer, Context, Error, Request, idempotency};

/// A handler's future. Not `Send`: a function's instance has one thread.
pub type Handler = Pin<Box<dyn Future<Output = Result<Answer, Error>>>>;

/// Proves the caller and runs the handler.
pub type Run = fn(Context, Request) -> Handler;

/// One line of a function's table.
pub struct Route {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// Path with `{name}` for a segment that varies.
    pub path: &'static str,
    /// What it counts against.
    pub group: RouteGroup,
    /// What it does.
    pub run: Run,
}

/// Requests a minute by route group, from the variable `rate_limits`.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Reads.
    pub read: u32,
    /// Writes.
    pub write: u32,
    /// Writes that start work.
    pub start: u32,
    /// Writes that destroy.
    pub destructive: u32,
    /// Anything of a client without a proof that holds, by its address.
    pub anonymous: u32,
}

impl Limits {
    /// What api.md states.
    pub const DEFAULT: Self = Self {
        read: 600,
        write: 60,
        start: 10,
        destructive: 5,
        anonymous: 120,
    };

    /// Reads `read=600,write=60,…`; groups that are not named keep the default.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut limits = Self::DEFAULT;
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
        {
            let (name, number) = entry.split_once('=').ok_or_else(|| entry.to_owned())?;
            let number = number.parse().map_err(|_| entry.to_owned())?;
            match name {
                "read" => limits.read = number,
                "write" => limits.write = number,
                "start" => limits.start = number,
                "destructive" => limits.destructive = number,
                "anonymous" => limits.anonymous = number,
                _ => return Err(entry.to_owned()),
            }
        }
        Ok(limits)
    }

    /// The limit of a group.
    pub fn of(self, group: RouteGroup) -> u32 {
        match group {
            RouteGroup::Read => self.read,
            RouteGroup::Write => self.write,
            RouteGroup::Start => self.start,
            RouteGroup::Destructive => self.destructive,
        }
    }
}

/// Proves the caller that a handler wants, and runs it.
pub async fn prove_and_run<C: Caller>(
    mut context: Context,
    request: Request,
    handler: impl AsyncFnOnce(&Context, C, Request) -> Result<Answer, Error>,
) -> Result<Answer, Error> {
    match try_to_run(&mut context, request, handler).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let error = count(&context, error).await;
            release(&context, &error).await;
            Err(error)
        }
    }
}

async fn try_to_run<C: Caller>(
    context: &mut Context,
    request: Request,
    handler: impl AsyncFnOnce(&Context, C, Request) -> Result<Answer, Error>,
) -> Result<Answer, Error> {
    let caller = C::prove(context, &request).await?;
    if let Some(subject) = caller.subject() {
        context.facts.idempotency = idempotency::key(&request, &subject, context.attempt).await?;
    }
    handler(context, caller, request).await
}

/// Counts what no statement has counted: proofs that do not hold, and what an account sends that cannot be read.
/// Answers the error to tell.
async fn count(context: &Context, error: Error) -> Error {
    let (database, facts) = (&context.database, &context.facts);
    let counted = match (&error, context.noted.account.get()) {
        (Error::Unauthenticated(_), _) => limits::count_stranger(database, facts).await,
        (_, Some(account)) if context.noted.rate.get().is_none() && error.is_the_clients() => {
            limits::count_refused(database, facts, account).await
        }
        _ => return error,
    };
    match counted {
        Ok(answer) => context.settle(answer).err().unwrap_or(error),
        // without the database nobody gets in anyway
        Err(cause) => {
            eprintln!("count a refused request: {cause}");
            error
        }
    }
}

/// Lets go of the idempotency key of a command that failed on its way, so that it can be sent again at once. A
/// refusal is an answer, and kept.
async fn release(context: &Context, error: &Error) {
    if context.noted.claim.get().is_none() || matches!(error, Error::Refused(..)) {
        return;
    }
    if let Err(cause) = store::idempotency::release(&context.database, &context.facts).await {
        eprintln!("release an idempotency key: {cause}");
    }
}

/// What a path and method lead to.
pub(crate) enum Found {
    /// A route, with the values of its `{…}` segments.
    Route(&'static Route, Vec<(&'static str, String)>),
    /// The path is known, the method is not; these are.
    OtherMethods(Vec<&'static str>),
    /// Nothing here.
    Nothing,
}

pub(crate) fn find(routes: &'static [Route], method: &str, path: &str) -> Found {
    let wanted = if method == "HEAD" { "GET" } else { method };
    let matching = routes
        .iter()
        .filter_map(|route| Some((route, matches(route.path, path)?)));
    let mut matching: Vec<_> = matching.collect();
    // a path of its own is not another's `{id}`, whatever the method
    let exact = matching.iter().map(|(_, values)| values.len()).min();
    matching.retain(|(_, values)| Some(values.len()) == exact);
    if matching.is_empty() {
        return Found::Nothing;
    }
    let methods = matching.iter().map(|(route, _)| route.method).collect();
    let found = matching
        .into_iter()
        .find(|(route, _)| route.method == wanted);
    found.map_or(Found::OtherMethods(methods), |(route, values)| {
        Found::Route(route, values)
    })
}

fn matches(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut values = Vec::new();
    let mut given = path.trim_matches('/').split('/');
    for segment in pattern.trim_matches('/').split('/') {
        let value = given.next()?;
        match segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(_) if value.is_empty() => return None,
            Some(name) => values.push((name, value.to_owned())),
            None if segment == value => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(values)
}

/// Makes the function of a table of routes: `METHOD group "path" => handler;`. A handler is an
/// `async fn(&Context, caller, Request) -> Result<Answer, Error>`; the type of its caller says who may come in.
#[macro_export]
macro_rules! routes {
    ($($method:ident $group:ident $path:literal => $handler:path;)+) => {
        /// What this function serves.
        pub static ROUTES: &[$crate::Route] = &[$(
            $crate::Route {
                method: stringify!($method),
                path: $path,
                group: $crate::routes!(@group $group),
                run: |context, request| {
                    ::std::boxed::Box::pin($crate::runtime::prove_and_run(context, request, $handler))
                },
            },
        )+];

        #[expect(unsafe_code, reason = "the export that the runtime calls")]
        mod runtime_entry {
            use $crate::runtime::spin_sdk::wasip3;

            struct Function;
            wasip3::http::service::export!(Function);

            impl wasip3::exports::http::handler::Guest for Function {
                async fn handle(
                    request: wasip3::http::types::Request,
                ) -> Result<wasip3::http::types::Response, wasip3::http::types::ErrorCode> {
                    $crate::serve(super::ROUTES, request).await
                }
            }
        }
    };
    (@group read) => { $crate::runtime::RouteGroup::Read };
    (@group write) => { $crate::runtime::RouteGroup::Write };
    (@group start) => { $crate::runtime::RouteGroup::Start };
    (@group destructive) => { $crate::runtime::RouteGroup::Destructive };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_whole_segments() {
        assert_eq!(matches("/my/instances", "/my/instances/"), Some(vec![]));
        assert_eq!(
            matches("/my/instances/{id}/start", "/my/instances/7/start"),
            Some(vec![("id", "7".to_owned())])
        );
        assert_eq!(matches("/my/instances/{id}", "/my/instances"), None);
        assert_eq!(matches("/my/instances/{id}", "/my/instances//"), None);
        assert_eq!(matches("/my/instances", "/my/instances/7"), None);
    }

    #[test]
    fn a_path_of_its_own_is_no_others_parameter() {
        static ROUTES: &[Route] = &[
            line("GET", "/u/{id}"),
            line("DELETE", "/u/{id}"),
            line("POST", "/u/me"),
        ];
        let at = |method, path| match find(ROUTES, method, path) {
            Found::Route(route, _) => format!("{} {}", route.method, route.path),
            Found::OtherMethods(methods) => methods.join(", "),
            Found::Nothing => String::new(),
        };
        assert_eq!(at("HEAD", "/u/7"), "GET /u/{id}");
        assert_eq!(at("POST", "/u/7"), "GET, DELETE");
        assert_eq!(at("POST", "/u/me"), "POST /u/me");
        assert_eq!(at("GET", "/u/me"), "POST");
        assert_eq!(at("GET", "/v"), "");
    }

    const fn line(method: &'static str, path: &'static str) -> Route {
        Route {
            method,
            path,
            group: RouteGroup::Read,
            run: |_, _| unreachable!("it is found, not run"),
        }
    }

    #[test]
    fn limits_are_read_and_checked() {
        let limits = Limits::parse("read=6, start=1").unwrap();
        assert_eq!((limits.read, limits.write, limits.start), (6, 60, 1));
        assert_eq!(limits.anonymous, 120);
        assert!(Limits::parse("reads=6").is_err());
        assert!(Limits::parse("read=many").is_err());
    }
}
