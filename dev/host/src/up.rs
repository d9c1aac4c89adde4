//! `dev-host up`: from a command line to an application in service, until a signal comes.

use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::application::{Application, ListedRoute};
use crate::cli::Up;
use crate::server::listen;

/// Runs the application until a signal comes.
pub(crate) async fn run(options: Up) -> Result<()> {
    let mut stop = std::pin::pin!(stop_signal()?);
    let application = Application::read(&options)?;
    let listener = listen_on(options.listen, options.find_free_port).await?;
    let own = listener.local_addr()?;
    let listed = application.listed_routes();
    // Compiling takes seconds of every core; the signal must get through meanwhile.
    let preparing = tokio::task::spawn_blocking(move || application.prepare(own));
    let dispatcher = tokio::select! {
        prepared = preparing => prepared.context("prepare the application")??,
        () = &mut stop => return Ok(()),
    };
    announce(own, &listed).context("write to standard output")?;
    listen::serve(listener, Arc::new(dispatcher), stop).await;
    Ok(())
}

/// Resolves at Ctrl-C or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("watch for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("watch for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ports that are tried after the one that was asked for.
const OTHER_PORTS: u16 = 10;

async fn listen_on(address: SocketAddr, find_free_port: bool) -> Result<TcpListener> {
    let mut tried = address;
    loop {
        let error = match TcpListener::bind(tried).await {
            Ok(listener) => return Ok(listener),
            Err(error) => error,
        };
        let next = tried.port().checked_add(1);
        let others_left = tried.port() - address.port() < OTHER_PORTS;
        match next {
            Some(next) if find_free_port && others_left && error.kind() == ErrorKind::AddrInUse => {
                tried.set_port(next);
            }
            _ => return Err(error).with_context(|| format!("listen on {tried}")),
        }
    }
}

/// Prints what Spin prints: scripts wait for the first line.
fn announce(own: SocketAddr, routes: &[ListedRoute]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    write!(output, "\nServing http://{own}\nAvailable Routes:\n")?;
    for ListedRoute {
        id,
        route,
        description,
    } in routes
    {
        let base = route
            .strip_suffix("/...")
            .or_else(|| route.strip_suffix("/*"));
        let (path, wildcard) = base.map_or((route.as_str(), ""), |path| (path, " (wildcard)"));
        writeln!(output, "  {id}: http://{own}{path}{wildcard}")?;
        if !description.is_empty() {
            writeln!(output, "    {description}")?;
        }
    }
    output.flush()
}
