//! Builds the component that the tests serve, by rustup's target or by Debian's compiler.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "wasm32-wasip1";
const DEBIAN_LIBC: &str = "/usr/lib/wasm32-wasi";
const ADVICE: &str = "no compiler for WASM: run `rustup target add wasm32-wasip1`, or install \
                      Debian's rustc-web, cargo-web, rust-web-src and wasi-libc";

/// The file of the component `probe`, built once for all tests.
pub(crate) fn probe() -> &'static Path {
    static PROBE: OnceLock<PathBuf> = OnceLock::new();
    PROBE.get_or_init(|| build("probe"))
}

fn build(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures");
    let mut command = compiler();
    command
        .args(["build", "--release", "--locked", "--target", TARGET])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&folder);
    let output = command.output().expect("start the compiler");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the fixture {name} does not build:\n{errors}"
    );
    target
        .join(TARGET)
        .join("release")
        .join(format!("{name}.wasm"))
}

fn compiler() -> Command {
    if rustup_has_target() {
        let mut command = Command::new("cargo");
        clean(&mut command);
        return command;
    }
    let (cargo, rustc) = (Path::new("/usr/bin/cargo"), Path::new("/usr/bin/rustc"));
    assert!(
        cargo.exists() && rustc.exists() && Path::new(DEBIAN_LIBC).exists(),
        "{ADVICE}"
    );
    let mut command = Command::new(cargo);
    clean(&mut command);
    let path = format!("/usr/bin:{}", std::env::var("PATH").unwrap_or_default());
    command
        .env("PATH", path)
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1") // -Zbuild-std is not stable
        .env("CARGO_TARGET_WASM32_WASIP1_LINKER", linker())
        .env(
            "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS",
            format!("-L {DEBIAN_LIBC}"),
        )
        .arg("-Zbuild-std=std,panic_abort");
    command
}

/// Takes out what the cargo that runs this test tells its children.
fn clean(command: &mut Command) {
    for name in [
        "RUSTUP_TOOLCHAIN",
        "RUSTC",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO",
        "RUSTC_WRAPPER",
    ] {
        command.env_remove(name);
    }
}

fn rustup_has_target() -> bool {
    let mut command = Command::new("rustup");
    command
        .args(["target", "list", "--installed"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command.output().is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .any(|line| line.trim() == TARGET)
    })
}

/// The linker of rustup's toolchain: Debian's packages have none for WASM.
fn linker() -> PathBuf {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .env_remove("RUSTC")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("run rustc");
    let hosts = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("lib/rustlib");
    let hosts =
        std::fs::read_dir(&hosts).unwrap_or_else(|error| panic!("{}: {error}", hosts.display()));
    hosts
        .flatten()
        .map(|host| host.path().join("bin/rust-lld"))
        .find(|linker| linker.exists())
        .expect("rust-lld in rustup's toolchain")
}
