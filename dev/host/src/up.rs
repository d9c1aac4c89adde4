//! `dev-host up`: from a command line to an application in service, until a signal comes.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::application::Application;
use crate::cli::Up;
use crate::server::listen;

/// Runs the application until a signal comes.
pub(crate) async fn run(options: Up) -> Result<()> {
    let mut stop = std::pin::pin!(stop_signal()?);
    let application = Application::read(&options)?;
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("listen on {}", options.listen))?;
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

/// Prints what Spin prints: scripts wait for the first line.
fn announce(own: SocketAddr, routes: &[(String, String)]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    write!(output, "\nServing http://{own}\nAvailable Routes:\n")?;
    for (id, route) in routes {
        let base = route
            .strip_suffix("/...")
            .or_else(|| route.strip_suffix("/*"));
        let (path, wildcard) = base.map_or((route.as_str(), ""), |path| (path, " (wildcard)"));
        writeln!(output, "  {id}: http://{own}{path}{wildcard}")?;
    }
    output.flush()
}
