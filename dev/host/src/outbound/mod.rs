//! HTTP that components send: checked against what they may reach, then sent by one shared client
//! that keeps connections.

mod body;
mod client;
mod connect;

use std::sync::Arc;

use http::header::{self, HeaderName};
use http::uri::Scheme;
use http::{HeaderMap, Request, Response};
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

pub(crate) use self::client::Client;
use crate::app::hosts::{AllowedHosts, default_port};
use crate::runtime::condition::Condition;
use crate::server::headers::INTERNAL;
use crate::server::neighbours::Neighbours;

/// The outbound HTTP of one component; of one of its instances, once it is given a condition.
#[derive(Clone)]
pub(crate) struct Outbound {
    rules: Arc<Rules>,
    condition: Arc<Condition>,
}

struct Rules {
    component: Arc<str>,
    allowed: AllowedHosts,
    client: Client,
    /// Our own address, which components reach as `self.alt`.
    own: std::net::SocketAddr,
    neighbours: Arc<Neighbours>,
    forbidden: ForbiddenHeaderFilter,
}

/// Headers about one connection, which are not passed on.
pub(crate) const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

type Sent = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

impl Outbound {
    pub(crate) fn new(
        component: Arc<str>,
        allowed: AllowedHosts,
        client: Client,
        own: std::net::SocketAddr,
        neighbours: Arc<Neighbours>,
    ) -> Self {
        // As in Spin, only `Connection` is kept from components; the rest is taken out below.
        let forbidden: ForbiddenHeaderFilter = Arc::new(|name| *name == header::CONNECTION);
        let rules = Rules {
            component,
            allowed,
            client,
            own,
            neighbours,
            forbidden,
        };
        Self {
            rules: Arc::new(rules),
            condition: Arc::default(),
        }
    }

    /// The same for one instance, which `condition` can end.
    pub(crate) fn of_instance(&self, condition: Arc<Condition>) -> Self {
        Self {
            rules: Arc::clone(&self.rules),
            condition,
        }
    }

    /// Refuses what the component may not reach; `self.alt` becomes our own address. Gives the id
    /// of the component, if it goes to one.
    fn admit(&self, request: &mut Request<WasiBody>) -> Result<Option<String>, Error> {
        let uri = request.uri();
        let scheme = uri.scheme_str().unwrap_or("http");
        let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
        let host = authority.host();
        if host.is_empty() {
            return Err(Error::HttpRequestUriInvalid);
        }
        if host == "self.alt" {
            if !self.rules.allowed.permit_self() {
                return Err(self.refuse("http://self"));
            }
            self.turn_to_self(request)?;
            return Ok(None);
        }
        let port = match authority.port() {
            None => default_port(scheme).ok_or(Error::HttpRequestUriInvalid)?,
            Some(port) => port
                .as_str()
                .parse()
                .map_err(|_| Error::HttpRequestUriInvalid)?,
        };
        if !self.rules.allowed.permit(scheme, host, port) {
            return Err(self.refuse(&if default_port(scheme) == Some(port) {
                format!("{scheme}://{host}")
            } else {
                format!("{scheme}://{host}:{port}")
            }));
        }
        let neighbour = host.strip_suffix(INTERNAL);
        Ok(neighbour.filter(|id| !id.contains('.')).map(str::to_owned))
    }

    fn turn_to_self(&self, request: &mut Request<WasiBody>) -> Result<(), Error> {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        let own = self.rules.own.to_string();
        parts.authority = Some(own.parse().map_err(|_| Error::HttpRequestUriInvalid)?);
        *request.uri_mut() = parts.try_into().map_err(|_| Error::HttpRequestUriInvalid)?;
        Ok(())
    }

    fn refuse(&self, address: &str) -> Error {
        let component = &*self.rules.component;
        tracing::warn!(
            component,
            "refused to reach {address}; to allow it, add to [component.{component}] in spin.toml: \
             allowed_outbound_hosts = [\"{address}\"]"
        );
        Error::HttpRequestDenied
    }

    async fn send(
        self,
        mut request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, Error> {
        let neighbour = self.admit(&mut request)?;
        request.headers_mut().remove(header::HOST);
        if let Some(id) = neighbour {
            return Ok(self.ask_neighbour(&id, request).await);
        }
        strip_hop_by_hop(request.headers_mut());
        self.rules.client.send(request, options).await
    }

    /// As with Spin, asking for a component that is not there ends the instance that asks.
    async fn ask_neighbour(&self, id: &str, request: Request<WasiBody>) -> Response<WasiBody> {
        if let Some(response) = self.rules.neighbours.ask(id, request).await {
            return response;
        }
        let reason =
            format!("unknown routing destination '{id}': no component in service has this id");
        self.condition.end(reason);
        std::future::pending().await
    }
}

/// Takes the headers about one connection out.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

impl WasiHttpHooks for Outbound {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::clone(&self.rules.forbidden)
    }

    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        *name == header::CONNECTION
    }

    fn set_host_header(&mut self) -> bool {
        false // the client sets it from the address
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let outbound = self.clone();
        Box::new(async move {
            let response = outbound.send(request, options.unwrap_or_default()).await?;
            let over: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((response, over))
        })
    }
}
