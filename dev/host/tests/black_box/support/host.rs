//! A running host, ended with the test.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::wasm;

/// Compiling on a busy machine takes long.
const START: Duration = Duration::from_mins(2);
/// How long a condition may take to come true.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A host with the application of one test.
pub(crate) struct Host {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it printed before it was ready.
    pub(crate) greeting: String,
    log: Arc<Mutex<String>>,
    _folder: TempDir,
}

/// How a host that did not start ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) log: String,
}

/// A client of ours that asks loopback directly, whatever the environment says of proxies.
pub(crate) fn client() -> reqwest::Client {
    builder().build().expect("a client")
}

pub(crate) fn builder() -> reqwest::ClientBuilder {
    // Only the first call installs it; the others find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// The head of every manifest here, with the component `probe` on `/probe/...`.
pub(crate) fn manifest(rest: &str) -> String {
    format!(
        "spin_manifest_version = 2\n[application]\nname = \"probe\"\nversion = \"1.2.3\"\n\
         [[trigger.http]]\nroute = \"/probe/...\"\ncomponent = \"probe\"\n{rest}\n\
         [component.probe]\nsource = \"{}\"\n",
        wasm::probe().display()
    )
}

/// Writes the application into a folder of its own.
pub(crate) fn application(manifest: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("make a folder");
    std::fs::write(folder.path().join("spin.toml"), manifest).expect("write the manifest");
    folder
}

impl Host {
    /// Serves `manifest`.
    pub(crate) fn serve(manifest: &str, arguments: &[&str]) -> Self {
        let folder = application(manifest);
        Self::in_folder(folder, arguments).unwrap_or_else(|ended| panic!("no start: {}", ended.log))
    }

    /// Serves the application in `folder`, unless it refuses to.
    pub(crate) fn in_folder(folder: TempDir, arguments: &[&str]) -> Result<Self, Ended> {
        let mut child = command(folder.path(), arguments)
            .spawn()
            .expect("start the host");
        let log = collect(child.stderr.take().expect("its standard error"));
        let output = BufReader::new(child.stdout.take().expect("its standard output"));
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut greeting = String::new();
        let started = Instant::now();
        let mut address = None;
        while address.is_none() {
            let Ok(line) = receiver.recv_timeout(START.saturating_sub(started.elapsed())) else {
                let status = wait(&mut child, PATIENCE);
                let log = log.lock().unwrap().clone();
                return Err(Ended {
                    success: status.success(),
                    log,
                });
            };
            address = line
                .strip_prefix("Serving http://")
                .map(|text| text.parse().expect("an address"));
            greeting.push_str(&line);
            greeting.push('\n');
        }
        // The list of routes follows at once, and ends before the first request is answered.
        while let Ok(line) = receiver.recv_timeout(Duration::from_millis(200)) {
            greeting.push_str(&line);
            greeting.push('\n');
        }
        Ok(Self {
            child,
            address: address.unwrap(),
            greeting,
            log,
            _folder: folder,
        })
    }

    /// An address on this host.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Asks by GET; gives status and text.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = client()
            .get(self.url(path))
            .send()
            .await
            .expect("an answer");
        (
            response.status().as_u16(),
            response.text().await.expect("its body"),
        )
    }

    /// Asks by POST with a body; gives status and text.
    pub(crate) async fn post(&self, path: &str, body: &str) -> (u16, String) {
        let request = client().post(self.url(path)).body(body.to_owned());
        let response = request.send().await.expect("an answer");
        (
            response.status().as_u16(),
            response.text().await.expect("its body"),
        )
    }

    /// Waits until the host has logged `text`; gives the whole log.
    pub(crate) async fn logged(&self, text: &str) -> String {
        let since = Instant::now();
        loop {
            let log = self.log();
            if log.contains(text) {
                return log;
            }
            assert!(
                since.elapsed() < PATIENCE,
                "`{text}` is not in the log:\n{log}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn terminate(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        let killed = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(killed.expect("run kill").success());
        let status = wait(&mut self.child, PATIENCE);
        (status, since.elapsed())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-host"));
    command
        .args(["up", "--listen", "127.0.0.1:0", "--from"])
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Compiled once for all tests, unless a test is about that.
    if !arguments.contains(&"--state-dir") {
        command
            .arg("--state-dir")
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("state"));
    }
    command
}

fn collect(mut from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&log);
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            into.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    });
    log
}

fn wait(child: &mut Child, patience: Duration) -> ExitStatus {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("ask for the status") {
            return status;
        }
        if since.elapsed() > patience {
            let _ = child.kill();
            panic!("the host does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
