//! HTTP that components send: checked against what they may reach, then sent by one shared client
//! that keeps connections.

mod body;
mod client;

use std::sync::Arc;

use http::header::{self, HeaderName};
use http::uri::Scheme;
use http::{HeaderMap, Request, Response};
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

pub(crate) use self::client::Client;
use crate::app::hosts::{AllowedHosts, default_port};

/// The outbound HTTP of one component.
#[derive(Clone)]
pub(crate) struct Outbound(Arc<Inner>);

struct Inner {
    component: Arc<str>,
    allowed: AllowedHosts,
    client: Client,
    /// Our own address, which components reach as `self.alt`.
    own: std::net::SocketAddr,
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
    ) -> Self {
        // As in Spin, only `Connection` is kept from components; the rest is taken out below.
        let forbidden: ForbiddenHeaderFilter = Arc::new(|name| *name == header::CONNECTION);
        Self(Arc::new(Inner {
            component,
            allowed,
            client,
            own,
            forbidden,
        }))
    }

    /// Refuses what the component may not reach; `self.alt` becomes our own address.
    fn admit(&self, request: &mut Request<WasiBody>) -> Result<(), Error> {
        let uri = request.uri();
        let scheme = uri.scheme_str().unwrap_or("http");
        let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
        let host = authority.host();
        if host.is_empty() {
            return Err(Error::HttpRequestUriInvalid);
        }
        let port = match authority.port() {
            None => default_port(scheme).ok_or(Error::HttpRequestUriInvalid)?,
            Some(port) => port
                .as_str()
                .parse()
                .map_err(|_| Error::HttpRequestUriInvalid)?,
        };
        if host.ends_with(".spin.internal") {
            tracing::error!(
                component = &*self.0.component,
                "{host}: calls from component to component are not offered by this host"
            );
            return Err(Error::HttpRequestDenied);
        }
        let to_self = host == "self.alt";
        let checked = if to_self { "self" } else { host };
        if !self.0.allowed.permit(scheme, checked, port) {
            return Err(self.refuse(scheme, checked, port));
        }
        if to_self {
            let mut parts = std::mem::take(request.uri_mut()).into_parts();
            parts.scheme = Some(Scheme::HTTP);
            let own = self.0.own.to_string();
            parts.authority = Some(own.parse().map_err(|_| Error::HttpRequestUriInvalid)?);
            *request.uri_mut() = parts.try_into().map_err(|_| Error::HttpRequestUriInvalid)?;
        }
        Ok(())
    }

    fn refuse(&self, scheme: &str, host: &str, port: u16) -> Error {
        let component = &*self.0.component;
        let address = if default_port(scheme) == Some(port) {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{port}")
        };
        tracing::warn!(
            component,
            "refused to reach {address}; to allow it, add to [component.{component}] in spin.toml: \
             allowed_outbound_hosts = [\"{address}\"]"
        );
        Error::HttpRequestDenied
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
        Arc::clone(&self.0.forbidden)
    }

    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        *name == header::CONNECTION
    }

    fn set_host_header(&mut self) -> bool {
        false // the client sets it from the address
    }

    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let outbound = self.clone();
        Box::new(async move {
            outbound.admit(&mut request)?;
            request.headers_mut().remove(header::HOST);
            strip_hop_by_hop(request.headers_mut());
            let response = outbound
                .0
                .client
                .send(request, options.unwrap_or_default())
                .await?;
            let over: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((response, over))
        })
    }
}
