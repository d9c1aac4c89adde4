//! What the functions are measured beside: a minimal FastAPI app on two workers, and PostgreSQL alone.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::load;
use super::stage::{Stage, beside};
use super::tokens::ISSUER;
use crate::python_tools::PythonTool;
use crate::tools;

const FASTAPI: PythonTool = PythonTool {
    name: "fastapi",
    requirements: include_str!("peer/requirements.txt"),
};
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// The running app; ends with the value.
pub(super) struct FastApi {
    pub(super) process: Child,
    pub(super) url: String,
}

impl FastApi {
    pub(super) fn start(stage: &Stage) -> Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], test_postgres::free_port()));
        let mut process = Command::new(FASTAPI.programs()?.join("uvicorn"))
            .args([
                "app:app",
                "--workers",
                "2",
                "--loop",
                "uvloop",
                "--http",
                "httptools",
            ])
            .args(["--no-access-log", "--log-level", "warning", "--app-dir"])
            .arg(beside("peer"))
            .args(["--port", &address.port().to_string()])
            .env("DATABASE_URL", stage.url("mindroom_functions"))
            .env("KEYS_URL", stage.keys_url())
            .env("ISSUER", ISSUER)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .spawn()
            .context("start the FastAPI app")?;
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = process.try_wait()? {
                bail!("the FastAPI app ended with {status}");
            }
            if started.elapsed() > STARTS_WITHIN {
                process.kill()?;
                bail!("the FastAPI app does not serve within {STARTS_WITHIN:?}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let url = format!("http://{address}");
        Ok(Self { process, url })
    }
}

impl Drop for FastApi {
    fn drop(&mut self) {
        // SIGTERM, so that its workers end with it; gone already is as good
        if let Ok(pid) = i32::try_from(self.process.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ = self.process.wait();
    }
}

/// Transactions a second of the same statement by `pgbench`; none where that is not installed.
pub(super) fn pgbench(stage: &Stage, seconds: u64) -> Result<Option<f64>> {
    let Some(pgbench) = tools::find("pgbench") else {
        return Ok(None);
    };
    let script = stage.file("pgbench.sql");
    std::fs::write(&script, PGBENCH)?;
    let output = Command::new(pgbench)
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1"])
        .args([
            "--client",
            &load::CONNECTIONS.to_string(),
            "--time",
            &seconds.to_string(),
        ])
        .arg("--file")
        .arg(script)
        .arg(stage.url("mindroom_functions"))
        .output()
        .context("start pgbench")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    if rate.is_none() {
        bail!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(rate)
}

const PGBENCH: &str = r"\set n random(1, 100)
select api.my_instances(jsonb_build_object('sub', '00000000-0000-0000-0000-' || lpad(to_hex(:n::integer), 12, '0'),
  'email', 'p' || :n::integer || '@example.com', 'issued_at', 1750000000, 'full_name', null, 'group', 'read',
  'limit', 100000000, 'operation', 'GET /my/instances', 'address', '127.0.0.1', 'request_id', 'bench-0001',
  'public_url', 'http://mindroom.localhost', 'idempotency', null));
";
