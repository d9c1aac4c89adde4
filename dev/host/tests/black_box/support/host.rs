//! A running host, ended with the test.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{is_ours, program, wasm};

/// Compiling on a busy machine takes long.
const START: Duration = Duration::from_mins(2);
/// How long a condition may take to come true.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A host with the application of one test.
pub(crate) struct Host {
    child: Child,
    pub(crate) address: SocketAddr,
    output: Collected,
    log: Collected,
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

/// The same, and beside it the same module once more as the component `other`, on no route.
pub(crate) fn with_other(rest: &str) -> String {
    format!(
        "{}[component.other]\nsource = \"{}\"\n",
        manifest(rest),
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
        Self::with_environment(folder, arguments, &[])
    }

    /// The same, with environment variables for the host itself.
    pub(crate) fn with_environment(
        folder: TempDir,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, Ended> {
        let mut child = command(folder.path(), arguments)
            .envs(environment.iter().copied())
            .spawn()
            .expect("start the host");
        let log = collect(child.stderr.take().expect("its standard error"));
        let output = collect(child.stdout.take().expect("its standard output"));
        let since = Instant::now();
        let address = loop {
            if let Some(address) = served(&output.text()) {
                break address;
            }
            if let Some(status) = child.try_wait().expect("ask for the status") {
                return Err(Ended {
                    success: status.success(),
                    log: log.whole(),
                });
            }
            assert!(
                since.elapsed() < START,
                "the host does not start: {}",
                log.text()
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        Ok(Self {
            child,
            address,
            output,
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
        self.log.with(text, 1).await
    }

    /// Waits until it has logged `text` so many times.
    pub(crate) async fn logged_times(&self, text: &str, times: usize) -> String {
        self.log.with(text, times).await
    }

    /// Waits until the host has printed `text` to its standard output; gives all that it printed.
    pub(crate) async fn printed(&self, text: &str) -> String {
        self.output.with(text, 1).await
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// What it has logged, at its end, since it began to serve.
    pub(crate) fn last_words(&mut self) -> String {
        let log = std::mem::take(&mut self.log).whole();
        log.lines()
            .filter(|line| !line.starts_with("compiled "))
            .collect()
    }

    /// Sends SIGTERM and waits for the end, not as long as components may go on.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let killed = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(killed.expect("run kill").success());
        wait(&mut self.child, PATIENCE)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program::program());
    command
        .args(["up", "--listen", "127.0.0.1:0", "--from"])
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Compiled once for all tests, unless a test is about that; Spin keeps its own cache.
    if is_ours() && !arguments.contains(&"--state-dir") {
        command
            .arg("--state-dir")
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("state"));
    }
    command
}

/// The address in the line that says that the host is ready, once the line is whole.
fn served(output: &str) -> Option<SocketAddr> {
    let (_, rest) = output.split_once("Serving http://")?;
    let (address, _) = rest.split_once('\n')?;
    Some(address.parse().expect("an address"))
}

/// What a process writes, as it comes.
#[derive(Default)]
struct Collected {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

fn collect(mut from: impl Read + Send + 'static) -> Collected {
    let text = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&text);
    let reader = std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            let piece = String::from_utf8_lossy(&piece[..count]);
            into.lock().unwrap().push_str(&piece);
        }
    });
    Collected {
        text,
        reader: Some(reader),
    }
}

impl Collected {
    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// All of it, when the process has ended.
    fn whole(self) -> String {
        if let Some(reader) = self.reader {
            reader.join().expect("the reader");
        }
        self.text.lock().unwrap().clone()
    }

    async fn with(&self, part: &str, times: usize) -> String {
        let since = Instant::now();
        loop {
            let text = self.text();
            if text.matches(part).count() >= times {
                return text;
            }
            assert!(since.elapsed() < PATIENCE, "`{part}` is not in:\n{text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
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
