//! What a component prints: whole lines on our standard error, each with the component's name.

use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// A longer line is cut here, so that a component cannot fill our memory with one.
const LONGEST_LINE: usize = 8192;

/// One stream of one instance. Clones write into the same line.
#[derive(Clone)]
pub(crate) struct PrefixedOutput(Arc<Line>);

struct Line {
    component: Arc<str>,
    quiet: bool,
    begun: Mutex<Vec<u8>>,
}

impl PrefixedOutput {
    pub(crate) fn new(component: Arc<str>, quiet: bool) -> Self {
        Self(Arc::new(Line {
            component,
            quiet,
            begun: Mutex::new(Vec::new()),
        }))
    }

    fn take(&self, bytes: &[u8]) {
        if self.0.quiet {
            return;
        }
        let mut begun = self.0.begun.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            begun.extend_from_slice(piece);
            if begun.ends_with(b"\n") || begun.len() >= LONGEST_LINE {
                print(&self.0.component, &begun);
                begun.clear();
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let begun = self.begun.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !begun.is_empty() {
            print(&self.component, begun);
        }
    }
}

fn print(component: &str, line: &[u8]) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let text = format!("[{component}] {}\n", String::from_utf8_lossy(line));
    // Nobody is left to be told when our own standard error is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

impl IsTerminal for PrefixedOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for PrefixedOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for PrefixedOutput {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PrefixedOutput {
    async fn ready(&mut self) {}
}

impl OutputStream for PrefixedOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}
