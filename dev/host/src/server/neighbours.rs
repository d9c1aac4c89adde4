//! Calls from component to component (`http://<id>.spin.internal`): inside the host, no socket.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock, Weak};

use http::{Request, Response};
use http_body_util::BodyExt;
use wasmtime_wasi_http::WasiBody;

use super::dispatch;
use super::headers;
use super::target::Served;
use super::turns::Origin;
use crate::app::routes::RouteMatch;

/// The components in service, by id.
pub(crate) type Components = HashMap<Arc<str>, Arc<Served>>;

/// What a component sees as the address of another that calls it.
const CALLER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The other components as one of them sees them; they are known once all are compiled.
#[derive(Default)]
pub(crate) struct Neighbours(OnceLock<Weak<Components>>);

impl Neighbours {
    /// Makes the components known. Only the first call counts.
    pub(crate) fn introduce(&self, components: &Arc<Components>) {
        let _ = self.0.set(Arc::downgrade(components));
    }

    /// Lets the component `id` answer; `None` if there is no such component in service. Its public
    /// route does not matter: it sees `/...`, so parameters are not taken out of the path.
    pub(crate) async fn ask(
        &self,
        id: &str,
        mut request: Request<WasiBody>,
    ) -> Option<Response<WasiBody>> {
        let component = Arc::clone(self.0.get()?.upgrade()?.get(id)?);
        let matched = RouteMatch {
            target: &(),
            route: "/...",
            trailing: request.uri().path().to_owned(),
            named: Vec::new(),
        };
        let answer = match headers::prepare(&mut request, &matched, CALLER) {
            Ok(()) => dispatch::by_component(&component, request, Origin::Component).await,
            Err(error) => dispatch::failed(&component.id, &error),
        };
        Some(answer.map(BodyExt::boxed_unsync))
    }
}
