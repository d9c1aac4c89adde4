//! One server: its folder, its life.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rand::RngExt as _;

use crate::programs;

/// Waits for the end of its input, which comes with the end of the process that started it, also of a killed
/// one; then ends the server and removes everything. `$1`: programs, `$2`: folder; then how to be its user.
const UNDERTAKER: &str = r#"
trap '' INT TERM HUP
bin=$1 folder=$2
shift 2
cat >/dev/null
"$@" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop
if mountpoint -q "$folder"; then umount -l "$folder"; fi
rm -rf "$folder"
"#;

/// What a server of a test's own differs in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Settings for `postgresql.conf`, after the usual ones.
    pub settings: &'a [(&'a str, &'a str)],
    /// Where its data lies.
    pub data: Data,
}

/// Where a server's data lies.
#[derive(Debug, Clone, Copy, Default)]
pub enum Data {
    /// In memory where there is room for it, else among the machine's temporary files: the quickest.
    #[default]
    Memory,
    /// Among the machine's temporary files: for figures, of which a disk is a part.
    Files,
    /// On a file system of its own of that many bytes. Needs root; see [`Server::has_own_disk`].
    OwnDisk(u64),
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Sessions are ended, a checkpoint is written.
    Fast,
    /// As when its machine loses power; the next start recovers.
    Immediate,
}

/// A PostgreSQL of the tests' own.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    port: u16,
    /// Absent where another process started the server.
    undertaker: Option<Child>,
}

impl Server {
    /// The one that all tests of this process share, started when first asked for.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Options::default()))
    }

    /// Starts one for the caller alone; it ends with the value.
    pub fn start(options: Options<'_>) -> Self {
        let parent = match options.data {
            Data::Memory => memory().unwrap_or_else(std::env::temp_dir),
            Data::Files | Data::OwnDisk(_) => std::env::temp_dir(),
        };
        let folder = tempfile::Builder::new()
            .prefix("test-postgres-")
            .tempdir_in(parent);
        let folder = folder.expect("a folder").keep();
        let undertaker = undertaker(&folder);
        if let Data::OwnDisk(size) = options.data {
            mount(&folder, size);
        }
        own(&folder);
        let server = Self {
            folder,
            port: free_port(),
            undertaker: Some(undertaker),
        };
        server.initialise(options.settings);
        server.resume();
        server
    }

    /// The server in the folder of one that another process started and will end.
    pub fn attach(folder: &Path) -> Self {
        let settings = folder.join("data/postgresql.conf");
        let settings = std::fs::read_to_string(settings).expect("read postgresql.conf");
        let port = settings
            .lines()
            .find_map(|line| line.strip_prefix("port = "));
        Self {
            folder: folder.to_owned(),
            port: port.and_then(|port| port.parse().ok()).expect("a port"),
            undertaker: None,
        }
    }

    /// Everything of the server is in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether its data is on a file system of its own, so that filling it up hurts nobody else.
    pub fn has_own_disk(&self) -> bool {
        let device = |path: &Path| {
            let found = std::fs::metadata(path).expect("the folder");
            std::os::unix::fs::MetadataExt::dev(&found)
        };
        let parent = self.folder.parent().expect("a folder of a folder");
        device(&self.folder) != device(parent)
    }

    /// Stops it, and waits until it has ended.
    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        let (stopped, said) = programs::run("pg_ctl", &["stop", "-w", "-m", mode], &self.folder);
        assert!(stopped, "stop PostgreSQL: {said}");
    }

    /// Whether its processes are there.
    pub fn is_running(&self) -> bool {
        programs::run("pg_ctl", &["status"], &self.folder).0
    }

    /// Starts it again, and waits until it answers.
    pub fn resume(&self) {
        let log = self.folder.join("log");
        let log_text = log.to_string_lossy();
        let start = ["start", "-w", "-t", "120", "-l", &log_text];
        let (started, said) = programs::run("pg_ctl", &start, &self.folder);
        let log = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(started, "start PostgreSQL: {said}\n{}", log());
    }

    /// Puts a copy of a file into its folder, for its eyes alone.
    pub fn give(&self, file: &Path, name: &str) {
        let target = self.folder.join(name);
        std::fs::copy(file, &target).expect("copy a file");
        let own_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&target, own_only).expect("close a file");
        own(&target);
    }

    fn initialise(&self, settings: &[(&str, &str)]) {
        let options = [
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ];
        let (made, said) = programs::run("initdb", &options, &self.folder);
        assert!(made, "make the database: {said}");
        let port = self.port.to_string();
        let usual = [
            ("port", port.as_str()),
            ("listen_addresses", "'127.0.0.1'"),
            ("unix_socket_directories", "''"),
            ("fsync", "off"),
            ("max_connections", "300"),
            ("timezone", "'UTC'"),
        ];
        let file = self.folder.join("data/postgresql.conf");
        let file = std::fs::OpenOptions::new().append(true).open(file);
        let mut file = file.expect("open postgresql.conf");
        for (name, value) in usual.iter().chain(settings) {
            writeln!(file, "{name} = {value}").expect("write postgresql.conf");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut undertaker) = self.undertaker.take() {
            drop(undertaker.stdin.take());
            // Whether it could clean up is its own affair: the test is over.
            let _ = undertaker.wait();
        }
    }
}

/// Linux' files in memory, where a few servers have room.
fn memory() -> Option<PathBuf> {
    const ROOM: u64 = 4 << 30;
    let folder = Path::new("/dev/shm");
    let room = nix::sys::statvfs::statvfs(folder).ok()?;
    let bytes = room.blocks_available() * room.fragment_size();
    (bytes >= ROOM).then(|| folder.to_owned())
}

/// Gives a file or folder to the server's user.
fn own(path: &Path) {
    if let Some(user) = programs::user() {
        nix::unistd::chown(path, Some(user.uid), Some(user.gid)).expect("give a file away");
    }
}

fn undertaker(folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", UNDERTAKER, "sh"])
        .arg(programs::folder())
        .arg(folder)
        .args(programs::as_user())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("start the undertaker")
}

/// Puts a file system of that size over the folder, where that is allowed.
fn mount(folder: &Path, size: u64) {
    let options = format!("size={size},mode=0755");
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o", &options, "test-postgres"]);
    let mounted = command
        .arg(folder)
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("no file system of its own for PostgreSQL: mounting needs root");
    }
}

/// Below the range from which Linux takes ports for outgoing connections: one from there could be taken before the
/// server starts, or while a test has stopped it.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// A port of 127.0.0.1 on which nobody listens.
pub fn free_port() -> u16 {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let mut ports = std::iter::repeat_with(|| rand::rng().random_range(PORTS));
    ports.find(is_free).expect("there is always a next one")
}
