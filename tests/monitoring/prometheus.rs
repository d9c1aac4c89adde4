//! A Prometheus of the test's own.

use std::path::Path;
use std::process::Stdio;

use platform_tests::Platform;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub(crate) struct Prometheus {
    http: Client,
    base: String,
    /// Killed with this.
    _program: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one that scrapes a platform every second.
    pub(crate) async fn start(platform: &Platform, rules: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [rules.canonicalize().unwrap()],
            "scrape_configs": [
                {
                    "job_name": "platform",
                    "metrics_path": "/system/metrics",
                    "authorization": {"credentials": platform.system_keys.metrics},
                    "static_configs": [{"targets": [address(&platform.internal.gateway)]}],
                },
                {
                    "job_name": "provisioner-daemon",
                    "static_configs": [{"targets": [address(&platform.internal.provisioner)]}],
                },
            ],
        });
        // what it reads is YAML, and JSON is YAML
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config.to_string()).unwrap();
        let program = std::env::var_os("PROMETHEUS").unwrap();
        let mut program = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg("--web.listen-address=127.0.0.1:0")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let base = listening(&mut program).await;
        Self {
            http: Client::new(),
            base,
            _program: program,
            _folder: folder,
        }
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let request = self.http.get(format!("{}/api/v1/{path}", self.base));
        let answer = request.query(query).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["status"], "success", "{path} {query:?}: {answer}");
        answer["data"].clone()
    }

    /// All alerting rules, with how they fared.
    pub(crate) async fn rules(&self) -> Vec<Value> {
        let data = self.ask("rules", &[("type", "alert")]).await;
        let groups = data["groups"].as_array().unwrap().iter();
        groups
            .flat_map(|group| group["rules"].as_array().unwrap().clone())
            .collect()
    }

    /// What a query answers now: one row for each series.
    pub(crate) async fn query(&self, query: &str) -> Vec<Value> {
        let data = self.ask("query", &[("query", query)]).await;
        data["result"].as_array().unwrap().clone()
    }
}

/// Host and port of a URL.
fn address(url: &str) -> &str {
    url.split_once("://").unwrap().1.trim_end_matches('/')
}

/// Its log tells which port it took. The rest of it is read too, so that it never waits for a reader.
async fn listening(program: &mut Child) -> String {
    let mut lines = BufReader::new(program.stderr.take().unwrap()).lines();
    let mut seen = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, port)) = line.split_once("\"Listening on\" address=127.0.0.1:") {
            let base = format!("http://127.0.0.1:{}", port.trim());
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return base;
        }
        seen.push(line);
    }
    panic!("Prometheus ended: {}", seen.join("\n"))
}
