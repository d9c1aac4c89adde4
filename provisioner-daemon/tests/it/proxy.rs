//! A way to the database that can be slow, silent, or cut at a chosen statement.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a connection meets.
#[derive(Clone, Default)]
pub(crate) struct Trouble {
    /// How long everything that the daemon sends is on its way.
    pub(crate) delay: Duration,
    /// Connections that sent this statement are silent from then on.
    pub(crate) silence: Option<&'static str>,
    /// The next execution of this statement is cut, once.
    pub(crate) cut: Option<(&'static str, Cut)>,
}

/// Where an execution is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The server never sees it.
    Before,
    /// The server does it, and its answer is lost.
    After,
}

/// The proxy; it ends with the test's runtime.
pub(crate) struct Proxy {
    port: u16,
    trouble: Arc<Mutex<Trouble>>,
}

impl Proxy {
    /// Leads to a port of this machine.
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            trouble: Arc::default(),
        };
        let trouble = Arc::clone(&proxy.trouble);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&trouble)));
            }
        });
        proxy
    }

    /// An address of the database, by way of this.
    pub(crate) fn url(&self, direct: &str, target: u16) -> String {
        direct.replace(&format!(":{target}/"), &format!(":{}/", self.port))
    }

    pub(crate) fn set(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = trouble;
    }

    /// Whether the cut that was asked for has happened.
    pub(crate) fn has_cut(&self) -> bool {
        self.trouble.lock().unwrap().cut.is_none()
    }
}

/// Carries both ways until one side ends or the connection is to be cut.
async fn carry(client: TcpStream, server: TcpStream, trouble: Arc<Mutex<Trouble>>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
    let mut is_silent = false;
    let mut armed = None;
    loop {
        tokio::select! {
            read = from_client.read(&mut asked) => {
                let Ok(count @ 1..) = read else { return };
                let now = trouble.lock().unwrap().clone();
                is_silent |= now.silence.is_some_and(|text| contains(&asked[..count], text));
                if is_silent {
                    continue;
                }
                tokio::time::sleep(now.delay).await;
                // Parsing a statement names it; what comes next executes it.
                if armed == Some(Cut::Before) {
                    trouble.lock().unwrap().cut = None;
                    return;
                }
                if to_server.write_all(&asked[..count]).await.is_err() {
                    return;
                }
                if armed == Some(Cut::After) {
                    let _ = from_server.read(&mut answered).await;
                    trouble.lock().unwrap().cut = None;
                    return;
                }
                armed = now
                    .cut
                    .filter(|(text, _)| contains(&asked[..count], text))
                    .map(|(_, cut)| cut);
            }
            read = from_server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                if !is_silent && to_client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
