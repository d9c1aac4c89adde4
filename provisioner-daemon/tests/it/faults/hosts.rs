//! The machine's own faults: a network that is cut, a clock that is wrong.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sched::{CloneFlags, setns};
use test_postgres::{Options, Server};

use crate::child::{Child, Orders, SIGN_OF_WORK, settings};
use crate::invariants;
use crate::made_up::{DONE, MadeUp};
use crate::world::World;

/// Two network namespaces, joined by a cable that can be pulled. The cable is this process, which carries packets
/// from one side to the other: kernels without `veth` have TUN, and a packet that is not carried is lost silently.
struct Cable {
    near: String,
    far: String,
    is_whole: Arc<AtomicBool>,
}

const NEAR: &str = "10.213.0.1";
const FAR: &str = "10.213.0.2";

impl Cable {
    /// `None` where that is not allowed.
    fn lay() -> Option<Self> {
        let number = std::process::id();
        let cable = Self {
            near: format!("mr{number}a"),
            far: format!("mr{number}b"),
            is_whole: Arc::new(AtomicBool::new(true)),
        };
        let is_allowed = nix::unistd::geteuid().is_root()
            && Path::new("/dev/net/tun").exists()
            && run(&["netns", "add", &cable.near])
            && run(&["netns", "add", &cable.far]);
        if !is_allowed {
            return None;
        }
        let near = end(&cable.near, NEAR);
        let far = end(&cable.far, FAR);
        for (from, to) in [(&near, &far), (&far, &near)] {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let is_whole = Arc::clone(&cable.is_whole);
            // Ends with the process: nothing else ends a read.
            std::thread::spawn(move || {
                let mut packet = [0; 2048];
                while let Ok(size) = from.read(&mut packet) {
                    if is_whole.load(Ordering::SeqCst) {
                        let _ = to.write_all(&packet[..size]);
                    }
                }
            });
        }
        Some(cable)
    }

    /// From now on packets are lost, and nobody is told.
    fn pull(&self) {
        self.is_whole.store(false, Ordering::SeqCst);
    }

    fn mend(&self) {
        self.is_whole.store(true, Ordering::SeqCst);
    }

    /// Takes this thread to the near side.
    fn enter(&self) {
        enter(&self.near);
    }
}

/// Takes this thread to a namespace.
fn enter(namespace: &str) {
    let place = Path::new("/var/run/netns").join(namespace);
    setns(File::open(place).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
}

/// One end of the cable, with its address.
fn end(namespace: &str, address: &str) -> File {
    let end = std::thread::scope(|scope| {
        let inside = || {
            enter(namespace);
            open_tun()
        };
        scope.spawn(inside).join().unwrap()
    });
    for words in [
        format!("-n {namespace} addr add {address}/24 dev tun0"),
        format!("-n {namespace} link set lo up"),
        format!("-n {namespace} link set tun0 up"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        assert!(run(&words), "ip {words:?}");
    }
    end
}

nix::ioctl_write_ptr_bad!(
    set_interface,
    nix::request_code_write!(b'T', 202, size_of::<nix::libc::c_int>()),
    Request
);

/// The kernel's `struct ifreq`, as far as TUN reads it.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: nix::libc::c_short,
    rest: [u8; 22],
}

/// Makes the device `tun0` of the namespace that this thread is in; it goes with the file.
#[expect(
    unsafe_code,
    reason = "TUN devices are made by an ioctl, and nothing safe calls it"
)]
fn open_tun() -> File {
    let file = File::options()
        .read(true)
        .write(true)
        .open("/dev/net/tun")
        .unwrap();
    let mut request = Request {
        name: [0; 16],
        flags: nix::libc::c_short::try_from(nix::libc::IFF_TUN | nix::libc::IFF_NO_PI).unwrap(),
        rest: [0; 22],
    };
    request.name[..4].copy_from_slice(b"tun0");
    // SAFETY: the file is open, and the request is as large as the kernel's and lives longer than the call.
    unsafe { set_interface(file.as_raw_fd(), &raw const request) }.unwrap();
    file
}

impl Drop for Cable {
    fn drop(&mut self) {
        for side in [&self.near, &self.far] {
            run(&["netns", "delete", side]);
        }
    }
}

fn run(words: &[&str]) -> bool {
    let run = Command::new("ip").args(words).output();
    run.is_ok_and(|output| output.status.success())
}

/// The daemon is cut off from the database, shortly and for longer than its lease. The database and a second
/// daemon are on the near side, where this thread goes; the first daemon is a process on the far side.
#[test]
fn fault_17_the_network_is_cut() {
    let Some(cable) = Cable::lay() else {
        let is_expected = std::env::var_os("CI").is_none() || !nix::unistd::geteuid().is_root();
        assert!(is_expected, "CI as root makes network namespaces");
        eprintln!("skipped: network namespaces need root");
        return;
    };
    // A thread of its own, which ends with the namespace that it is in; one runtime on it.
    std::thread::scope(|scope| {
        let there = scope.spawn(|| {
            cable.enter();
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(cut(&cable));
        });
        there.join().unwrap();
    });
}

async fn cut(cable: &Cable) {
    let server = Server::start(Options {
        settings: &[("listen_addresses", "'*'")],
        ..Options::default()
    });
    let let_in = server.folder().join("data/pg_hba.conf");
    let rules = std::fs::read_to_string(&let_in).unwrap();
    std::fs::write(&let_in, format!("{rules}\nhost all all {FAR}/32 trust\n")).unwrap();
    let world = World::on(&server).await;
    world.run("select pg_reload_conf()").await;
    let folder = tempfile::tempdir().unwrap();
    let url = world.daemon_url().replace("127.0.0.1", NEAR) + "?sslmode=disable";
    let orders = Orders::new(&url, folder.path()).with_lease(Duration::from_secs(6));
    let mut far = Command::new("ip");
    far.args(["netns", "exec", &cable.far])
        .arg(std::env::current_exe().unwrap());
    let mut far = Child::start_by(far, &orders);
    world
        .run("select prov.enqueue('l', null, 'long', 'm', 1); select prov.ring(0)")
        .await;
    world.until("select state = 'running' from prov.jobs").await;

    // Shorter than the lease: nothing.
    cable.pull();
    let renewed = "select lease_until from prov.jobs";
    let before: std::time::SystemTime = world.ask(renewed).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    cable.mend();
    let began = std::time::Instant::now();
    while world.ask::<std::time::SystemTime>(renewed).await <= before {
        assert!(began.elapsed() < crate::world::PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let is_same = "select attempt = 1 and crashes = 0 and state = 'running' from prov.jobs";
    assert!(world.ask::<bool>(is_same).await);

    // Longer: it stops before its lease is over, which it cannot know from the database.
    let worked = || {
        std::fs::metadata(folder.path().join(SIGN_OF_WORK))
            .unwrap()
            .modified()
            .unwrap()
    };
    let cut_off: uuid::Uuid = world.ask("select worker from prov.jobs").await;
    cable.pull();
    world
        .until("select lease_until < now() from prov.jobs")
        .await;
    let lease_until: std::time::SystemTime = world.ask(renewed).await;
    let stopped = worked();
    assert!(
        stopped + Duration::from_millis(500) < lease_until,
        "it stopped too late"
    );
    // The other takes it, and is not disturbed when the cut one is back.
    let near = Near::start(&world);
    near.runs.reach(1).await;
    let is_others = format!("select state = 'running' and worker <> '{cut_off}' from prov.jobs");
    assert!(world.ask::<bool>(&is_others).await);
    cable.mend();
    until_far_talks(&world).await;
    assert_eq!(worked(), stopped);
    assert!(world.ask::<bool>(&is_others).await);
    near.release();
    world.until(DONE).await;
    let cost: bool = world
        .ask("select count(*) = 1 and max(crashes) = 1 and max(attempt) = 1 from prov.job_history")
        .await;
    assert!(cost);
    near.runner.drain().await;
    // The healed one works again.
    world
        .run("select prov.enqueue('m', null, 'long', 'm', 1, p_payload => '{\"seconds\": 0}')")
        .await;
    world
        .until("select count(*) = 2 from prov.job_history where outcome = 'done'")
        .await;
    assert!(far.is_there());
    invariants::check_queue(&world).await;
}

/// Waits for a statement of the daemon on the far side.
async fn until_far_talks(world: &World) {
    let now: String = world.ask("select clock_timestamp()::text").await;
    world
        .until(&format!(
            "select bool_or(query_start > '{now}') from pg_stat_activity where client_addr = '{FAR}'"
        ))
        .await;
}

/// The daemon on the near side, whose job ends when it is told to.
struct Near {
    runner: provisioner_daemon::runner::Runner,
    runs: crate::made_up::Runs,
    ends: Arc<AtomicBool>,
}

impl Near {
    fn start(world: &World) -> Self {
        let job = MadeUp::long_until("long");
        let (runs, ends) = (job.runs(), job.ends());
        let runner = crate::made_up::start(world, job, settings(Duration::from_secs(30)));
        Self { runner, runs, ends }
    }

    fn release(&self) {
        self.ends.store(true, Ordering::SeqCst);
    }
}

/// In front of the C library: the wall clock is ten minutes ahead in one second and ten minutes behind in the
/// next.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(id, at);
    if (answer == 0 && id == CLOCK_REALTIME) at->tv_sec += at->tv_sec % 2 ? 600 : -600;
    return answer;
}
"#;

/// Builds it with the compiler that links this test.
fn wrong_clock(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, CLOCK).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    assert!(built.unwrap().success());
    library
}

/// A replica's wall clock jumps forth and back: leases are counted by the database's clock and a monotonic one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn fault_22_a_clock_that_jumps() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.env("LD_PRELOAD", wrong_clock(folder.path()));
    let orders = Orders::new(&world.daemon_url(), folder.path());
    let orders = orders.with_lease(Duration::from_secs(4));
    let child = Child::start_by(program, &orders);
    world
        .run("select prov.enqueue('l', null, 'long', 'm', 1, p_payload => '{\"seconds\": 6}'); select prov.ring(0)")
        .await;
    world.until(DONE).await;
    let is_unhurt: bool = world
        .ask("select attempt = 1 and crashes = 0 from prov.job_history")
        .await;
    assert!(is_unhurt);
    assert!(child.metric("prov_leases_lost_total").await < 1.0);
    invariants::check_queue(&world).await;
}
