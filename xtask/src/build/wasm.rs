//! Which compiler makes WASM on this machine: rustup's target, else Debian's packages.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::fingerprint::Stamp;
use crate::{apt, step, tools, workspace};

/// Spin makes a component of such a module when it loads it.
pub(crate) const TARGET: &str = "wasm32-wasip1";
/// Debian's compiler, its cargo, the source of the library that it builds, and a C library for WASI.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "wasi-libc"];
/// Where Debian's wasi-libc puts its archives.
const DEBIAN_LIBC: &str = "/usr/lib/wasm32-wasi";
/// How long rustup may try to download the target before the other way is taken.
const RUSTUP_LIMIT: Duration = Duration::from_secs(90);

/// A way to compile for [`TARGET`].
pub(crate) enum Compiler {
    /// The pinned toolchain with rustup's target.
    Rustup,
    /// Debian's cargo, which builds the standard library itself, with the linker of rustup's toolchain.
    Debian { cargo: PathBuf, rustc: PathBuf },
}

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rustup => "rustup's target",
            Self::Debian { .. } => "Debian's compiler",
        })
    }
}

impl Compiler {
    /// Takes the first way that this machine has or can get.
    pub(crate) fn find() -> Result<Self> {
        if rustup_has_target() {
            return Ok(Self::Rustup);
        }
        // A machine that already has Debian's packages has them because the download does not work there.
        if let Some(debian) = debian() {
            return Ok(debian);
        }
        if rustup_adds_target() {
            return Ok(Self::Rustup);
        }
        install_debian_packages()?;
        debian().with_context(|| {
            format!("Debian's packages are installed, but {DEBIAN_LIBC} or a compiler is not there")
        })
    }

    /// `cargo` with what this way needs; the caller adds the command and its options.
    pub(crate) fn command(&self) -> Result<Command> {
        let Self::Debian { cargo, rustc } = self else {
            return Ok(tools::cargo());
        };
        let mut command = tools::cargo_at(cargo);
        command
            .env_remove("RUSTUP_TOOLCHAIN")
            .env("RUSTC", rustc)
            .env("RUSTC_BOOTSTRAP", "1") // -Zbuild-std is not stable
            .env("PATH", debian_path(cargo))
            .env("CARGO_TARGET_WASM32_WASIP1_LINKER", rust_lld()?)
            .env(
                "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS",
                format!("-L {DEBIAN_LIBC}"),
            )
            .arg("-Zbuild-std=std,panic_abort");
        Ok(command)
    }
}

fn rustup_has_target() -> bool {
    let mut command = Command::new("rustup");
    command
        .args(["target", "list", "--installed"])
        .current_dir(workspace::root());
    command.output().is_ok_and(|output| {
        output.status.success()
            && String::from_utf8_lossy(&output.stdout)
                .lines()
                .any(|line| line.trim() == TARGET)
    })
}

/// Tries the download once; a machine where it failed is not made to wait for it at every build.
fn rustup_adds_target() -> bool {
    let refused = Stamp::at(workspace::target().join("stamps/rustup-target-refused"));
    if tools::find("rustup").is_none() || refused.matches(TARGET) {
        return false;
    }
    let mut command = Command::new("rustup");
    command
        .args(["target", "add", TARGET])
        .current_dir(workspace::root());
    let added = step::run_within(
        "rustup",
        "adding rustup's WASM target",
        &mut command,
        Some(RUSTUP_LIMIT),
    );
    if let Err(error) = added {
        eprintln!("rustup cannot add {TARGET} here, trying Debian's packages: {error:#}");
        // Only a hint: when it cannot be kept, the next build tries again.
        drop(refused.record(TARGET));
        return false;
    }
    true
}

fn debian() -> Option<Compiler> {
    let (cargo, rustc) = (
        PathBuf::from("/usr/bin/cargo"),
        PathBuf::from("/usr/bin/rustc"),
    );
    let complete = tools::is_executable(&cargo)
        && tools::is_executable(&rustc)
        && Path::new(DEBIAN_LIBC).is_dir()
        && has_library_source(&rustc);
    complete.then_some(Compiler::Debian { cargo, rustc })
}

fn has_library_source(rustc: &Path) -> bool {
    sysroot(Command::new(rustc))
        .is_ok_and(|root| root.join("lib/rustlib/src/rust/library/std").is_dir())
}

fn debian_path(cargo: &Path) -> std::ffi::OsString {
    let mut path = cargo
        .parent()
        .unwrap_or(Path::new("/usr/bin"))
        .as_os_str()
        .to_owned();
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

fn sysroot(mut rustc: Command) -> Result<PathBuf> {
    let output = rustc
        .args(["--print", "sysroot"])
        .current_dir(workspace::root())
        .output()
        .context("start rustc")?;
    if !output.status.success() {
        bail!("rustc --print sysroot: {}", output.status);
    }
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

/// The linker that comes with rustup's toolchain; Debian's packages have none for WASM.
fn rust_lld() -> Result<PathBuf> {
    let rustlib = sysroot(Command::new("rustc"))?.join("lib/rustlib");
    let hosts =
        std::fs::read_dir(&rustlib).with_context(|| format!("list {}", rustlib.display()))?;
    let found = hosts
        .flatten()
        .map(|host| host.path().join("bin/rust-lld"))
        .find(|lld| lld.is_file());
    found.with_context(|| format!("no rust-lld below {}", rustlib.display()))
}

fn install_debian_packages() -> Result<()> {
    let packages = DEBIAN_PACKAGES.join(" ");
    if tools::find("apt-get").is_none() {
        bail!(
            "no compiler for {TARGET}: run `rustup target add {TARGET}` on a network that lets rustup download"
        );
    }
    if !tools::is_root() {
        bail!(
            "no compiler for {TARGET}: run `rustup target add {TARGET}`, or as root `apt-get install {packages}`"
        );
    }
    apt::install(&DEBIAN_PACKAGES).with_context(|| format!("install {packages}"))
}
