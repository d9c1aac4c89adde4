//! The program: what it refuses to start with, and how it ends.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::stand_in::{MODEL_KEY, StandIn, command};

/// Runs a start that must fail, and gives what it said.
fn refusal(command: &mut Command) -> String {
    let output = command.output().expect("run");
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "not ready");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn refuses_to_start_open_or_keyless() {
    for name in ["MODEL_KEY", "ADMIN_KEY"] {
        assert!(refusal(command().env(name, " ")).contains(name));
        assert!(refusal(command().env_remove(name)).contains(name));
    }
    assert!(refusal(command().env("ADMIN_KEY", MODEL_KEY)).contains("the same"));
    let mut open = Command::new(env!("CARGO_BIN_EXE_dev-model"));
    open.args(["--listen", "0.0.0.0:0"]);
    assert!(refusal(&mut open).contains("binds loopback or a private address"));
}

#[tokio::test]
async fn ends_within_seconds_of_a_sigterm() {
    let mut stand_in = StandIn::start();
    // An idle connection must not hold it.
    let idle = std::net::TcpStream::connect(stand_in.url.trim_start_matches("http://"));
    let _idle = idle.expect("connect");
    let pid = stand_in.process.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(sent.expect("kill").success());
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(status) = stand_in.process.try_wait().expect("wait") {
            assert!(status.success(), "{status}");
            break;
        }
        assert!(Instant::now() < deadline, "still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
