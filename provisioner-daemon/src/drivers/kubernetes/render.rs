//! The chart's manifests, by `helm template`: values on standard input, nothing of our environment, bounded in time,
//! in size and in number.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::future::Cache;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// A render takes some 50 ms.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// An instance's manifests are some 20 kB.
const SIZE_LIMIT: u64 = 5_000_000;
/// Each takes some 60 MB.
const AT_ONCE: usize = 4;
/// Manifests hold secrets, and are hardly asked for twice but by the attempt that had them made ahead.
const KEPT: u64 = 32;
const KEPT_FOR: Duration = Duration::from_mins(1);

/// Why there are no manifests.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenderError {
    /// Chart and values do not go together; Helm says why.
    #[error("helm refuses the values: {0}")]
    Refused(String),
    /// More than an instance can be.
    #[error("the manifests are larger than {SIZE_LIMIT} bytes")]
    TooLarge,
    /// Ended, with all that it started.
    #[error("helm took longer than {} s", TIME_LIMIT.as_secs())]
    TooSlow,
    /// Something else ended it, such as a lack of memory.
    #[error("helm was ended: {0}")]
    Ended(std::process::ExitStatus),
    /// It could not be started or spoken to.
    #[error("helm could not be run")]
    NotRun(#[from] std::io::Error),
}

impl RenderError {
    /// Whether the same values fail again.
    pub(super) fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TooLarge)
    }
}

/// Helm and a chart.
pub(super) struct Renderer {
    helm: PathBuf,
    chart: PathBuf,
    /// SHA-256 over the chart's files.
    chart_digest: Vec<u8>,
    turns: Semaphore,
    time_limit: Duration,
    /// By digest.
    made: Cache<String, Arc<str>>,
}

impl Renderer {
    /// Reads the chart, to know it from another.
    pub(super) fn new(helm: PathBuf, chart: PathBuf) -> std::io::Result<Self> {
        let mut hash = Sha256::new();
        hash_folder(&chart, &mut hash)?;
        Ok(Self {
            helm,
            chart,
            chart_digest: hash.finalize().to_vec(),
            turns: Semaphore::new(AT_ONCE),
            time_limit: TIME_LIMIT,
            made: Cache::builder()
                .max_capacity(KEPT)
                .time_to_live(KEPT_FOR)
                .build(),
        })
    }

    /// What decides the manifests: equal digests, equal manifests.
    pub(super) fn digest(&self, values: &Value, kube_version: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.chart_digest);
        hash.update(kube_version.as_bytes());
        hash.update(values.to_string().as_bytes());
        hex::encode(hash.finalize())
    }

    /// The manifests of an instance for a version of Kubernetes. Who asks for the same meanwhile waits for them.
    pub(super) async fn render(
        &self,
        namespace: &str,
        values: &Value,
        kube_version: &str,
    ) -> Result<Arc<str>, Arc<RenderError>> {
        // the namespace is the instance's, which the values name
        let digest = self.digest(values, kube_version);
        let run = self.run(namespace, values, kube_version);
        self.made
            .try_get_with(digest, async { run.await.map(Arc::from) })
            .await
    }

    async fn run(
        &self,
        namespace: &str,
        values: &Value,
        kube_version: &str,
    ) -> Result<String, RenderError> {
        let began = Instant::now();
        // never closed
        let _turn = self.turns.acquire().await;
        let mut helm = Command::new(&self.helm)
            .args(["template", "instance"])
            .arg(&self.chart)
            .args(["--namespace", namespace, "--kube-version", kube_version])
            .args(["--values", "-"])
            .env_clear()
            // It ends before there is much to collect: that saves a fifth of its time.
            .envs([("GOGC", "off"), ("GOMEMLIMIT", "256MiB")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = Group(helm.id());
        let text = values.to_string();
        let (input, output, complaint) =
            (helm.stdin.take(), helm.stdout.take(), helm.stderr.take());
        let talk = async {
            let write = async {
                if let Some(mut input) = input {
                    // A Helm that ends early says why by itself.
                    let _ = input.write_all(text.as_bytes()).await;
                }
            };
            let ((), manifests, complaint) =
                tokio::join!(write, read_bounded(output), read_bounded(complaint));
            Ok::<_, RenderError>((helm.wait().await?, manifests?, complaint?))
        };
        let ended = tokio::time::timeout(self.time_limit, talk).await;
        drop(group);
        let (status, manifests, complaint) = ended.map_err(|_| RenderError::TooSlow)??;
        match status.code() {
            Some(0) => {
                metrics::histogram!("prov_render_seconds").record(began.elapsed());
                Ok(manifests)
            }
            Some(_) => Err(RenderError::Refused(complaint.trim().to_owned())),
            None => Err(RenderError::Ended(status)),
        }
    }
}

/// A process group that ends with this.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let leader = self.0.and_then(|pid| i32::try_from(pid).ok());
        if let Some(leader) = leader {
            // Gone already is as good.
            let _ = killpg(Pid::from_raw(leader), Signal::SIGKILL);
        }
    }
}

async fn read_bounded(from: Option<impl AsyncRead + Unpin>) -> Result<String, RenderError> {
    let mut content = Vec::new();
    if let Some(from) = from {
        from.take(SIZE_LIMIT + 1).read_to_end(&mut content).await?;
    }
    if content.len() as u64 > SIZE_LIMIT {
        return Err(RenderError::TooLarge);
    }
    Ok(String::from_utf8_lossy(&content).into_owned())
}

fn hash_folder(folder: &Path, hash: &mut Sha256) -> std::io::Result<()> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>();
    let mut paths: Vec<PathBuf> = entries?.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_folder(&path, hash)?;
        } else {
            let content = std::fs::read(&path)?;
            hash.update(path.as_os_str().as_encoded_bytes());
            hash.update((content.len() as u64).to_le_bytes());
            hash.update(&content);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::json;

    use super::*;

    /// A renderer over a script that stands in for Helm.
    fn renderer(folder: &Path, script: &str) -> Renderer {
        let helm = folder.join("helm");
        std::fs::write(&helm, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&helm, std::fs::Permissions::from_mode(0o755)).unwrap();
        let chart = folder.join("chart");
        std::fs::create_dir_all(&chart).unwrap();
        std::fs::write(chart.join("Chart.yaml"), "name: a").unwrap();
        Renderer::new(helm, chart).unwrap()
    }

    const VERSION: &str = "v1.36.3";

    async fn rendered(script: &str) -> Result<Arc<str>, Arc<RenderError>> {
        let folder = tempfile::tempdir().unwrap();
        let renderer = renderer(folder.path(), script);
        renderer
            .render("instance-a", &json!({"a": 1}), VERSION)
            .await
    }

    #[tokio::test]
    async fn values_come_by_standard_input_and_nothing_of_ours_by_the_environment() {
        let seen =
            rendered("/usr/bin/env cat; echo; echo \"$*\"; echo \"[$HOME$CARGO$KUBECONFIG]\"")
                .await;
        let seen = seen.unwrap();
        assert!(seen.starts_with("{\"a\":1}\n"), "{seen}");
        assert!(
            seen.contains("--namespace instance-a --kube-version v1.36.3"),
            "{seen}"
        );
        assert!(seen.ends_with("[]\n"), "{seen}");
    }

    #[tokio::test]
    async fn fault_35_what_helm_may_do_wrong_is_told_apart() {
        let refused = rendered("echo bad values >&2; exit 1").await.unwrap_err();
        assert!(matches!(&*refused, RenderError::Refused(why) if why == "bad values"));
        assert!(refused.is_permanent());
        let large = rendered("/usr/bin/env head -c 30000000 /dev/zero")
            .await
            .unwrap_err();
        assert!(matches!(*large, RenderError::TooLarge));
        let killed = rendered("kill -9 $$").await.unwrap_err();
        assert!(matches!(*killed, RenderError::Ended(_)) && !killed.is_permanent());
        let folder = tempfile::tempdir().unwrap();
        let missing = Renderer {
            helm: folder.path().join("nonesuch"),
            ..renderer(folder.path(), "")
        };
        let missing = missing.render("a", &json!({}), VERSION).await.unwrap_err();
        assert!(matches!(*missing, RenderError::NotRun(_)) && !missing.is_permanent());
    }

    #[tokio::test]
    async fn fault_35_a_helm_that_hangs_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let child = folder.path().join("child");
        let script = format!(
            "/usr/bin/env sleep 600 & echo $! > {}; wait",
            child.display()
        );
        let hung = Renderer {
            time_limit: Duration::from_millis(500),
            ..renderer(folder.path(), &script)
        };
        let ended = hung.render("a", &json!({}), VERSION).await.unwrap_err();
        assert!(matches!(*ended, RenderError::TooSlow));
        // written before the limit, unless the machine was too busy even for that
        let Ok(pid) = std::fs::read_to_string(&child) else {
            return;
        };
        let pid = Pid::from_raw(pid.trim().parse().unwrap());
        let is_gone = || nix::sys::signal::kill(pid, None).is_err() || is_remains(pid);
        while !is_gone() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ended, and not yet taken notice of by whoever inherited it.
    fn is_remains(pid: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')')
            .is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
    }

    #[tokio::test]
    async fn the_same_is_rendered_once_and_what_failed_again() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let script = format!(
            "echo run >> {}; test -e {}/ready",
            runs.display(),
            folder.path().display()
        );
        let renderer = renderer(folder.path(), &script);
        let render = async |value: i32| {
            renderer
                .render("instance-a", &json!({"a": value}), VERSION)
                .await
        };
        render(1).await.unwrap_err();
        std::fs::write(folder.path().join("ready"), "").unwrap();
        let (first, meanwhile) = tokio::join!(render(1), render(1));
        assert!(first.is_ok() && meanwhile.is_ok() && render(1).await.is_ok());
        render(2).await.unwrap();
        let runs = std::fs::read_to_string(runs).unwrap();
        assert_eq!(runs.lines().count(), 3);
    }

    #[test]
    fn the_digest_is_of_chart_values_and_version() {
        let folder = tempfile::tempdir().unwrap();
        let one = renderer(folder.path(), "");
        let digest = |values: Value, version: &str| one.digest(&values, version);
        let values = json!({"a": 1});
        let first = digest(values.clone(), VERSION);
        assert_eq!(first, digest(values.clone(), VERSION));
        assert_ne!(first, digest(json!({"a": 2}), VERSION));
        assert_ne!(first, digest(values.clone(), "v1.37.0"));
        std::fs::write(folder.path().join("chart/Chart.yaml"), "name: b").unwrap();
        let changed = Renderer::new(one.helm.clone(), one.chart.clone()).unwrap();
        assert_ne!(first, changed.digest(&values, VERSION));
    }
}
