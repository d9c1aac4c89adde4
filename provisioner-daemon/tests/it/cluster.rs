//! One private PostgreSQL per test binary. A shell owns it and ends it when this process is gone, however
//! it ends: it waits for the end of a pipe that only we hold.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Starts the server and waits for our end. `$1`: programs, `$2`: folder, `$3`: port; what follows is put
/// before each command (PostgreSQL refuses root).
const SCRIPT: &str = r#"
set -e
bin=$1 dir=$2 port=$3
shift 3
"$@" "$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync >"$dir/log" 2>&1
"$@" "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
  -c fsync=off -c max_connections=300 >>"$dir/log" 2>&1 &
pid=$!
tries=0
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
  tries=$((tries + 1))
  if [ $tries -gt 300 ] || ! kill -0 $pid 2>/dev/null; then cat "$dir/log"; break; fi
  sleep 0.1
done
echo started
read -r _ || true
kill -QUIT $pid 2>/dev/null || true
wait $pid || true
rm -rf "$dir"
"#;

pub(crate) struct Cluster {
    pub(crate) port: u16,
    _owner: Child,
}

/// The cluster, started when first asked for.
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

fn start() -> Cluster {
    let dir = tempfile::Builder::new()
        .prefix("daemon-it-")
        .tempdir()
        .unwrap()
        .keep();
    let port = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Command::new("sh");
    command
        .args(["-c", SCRIPT, "sh"])
        .arg(programs())
        .arg(&dir)
        .arg(port.to_string());
    if nix::unistd::geteuid().is_root() {
        let user = nix::unistd::User::from_name("postgres")
            .unwrap()
            .expect("a user postgres");
        nix::unistd::chown(&dir, Some(user.uid), Some(user.gid)).unwrap();
        command.args([
            "setpriv",
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
        ]);
    } else {
        command.arg("env");
    }
    let mut owner = command
        .current_dir(&dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(owner.stdout.take().unwrap());
    while lines.read_line(&mut said).unwrap() > 0 && !said.ends_with("started\n") {}
    assert_eq!(said, "started\n", "PostgreSQL did not start");
    Cluster {
        port,
        _owner: owner,
    }
}

/// PostgreSQL's programs: `POSTGRES_BIN`, those in PATH, or Debian's newest.
fn programs() -> PathBuf {
    let has = |dir: &Path| dir.join("initdb").exists() && dir.join("pg_isready").exists();
    if let Some(dir) = std::env::var_os("POSTGRES_BIN").map(PathBuf::from) {
        return dir;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(dir) = std::env::split_paths(&path).find(|dir| has(dir)) {
        return dir;
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed")
        .map(|entry| entry.unwrap().path().join("bin"))
        .filter(|dir| has(dir))
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL is installed")
}
