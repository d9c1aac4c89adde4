//! What runs on this machine.

use serde_json::Value;

/// How many homeservers of an instance run.
pub fn homeservers(instance: &Value) -> usize {
    homeserver_pids(instance).len()
}

/// The homeservers whose command line names the instance. By its id alone: the state folder may be reached by a link.
#[expect(clippy::expect_used, reason = "a test helper")]
pub fn homeserver_pids(instance: &Value) -> Vec<u32> {
    let id = instance["id"].as_str().expect("an instance");
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    processes
        .filter(|entry| {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            line.contains("synapse.app.homeserver") && line.contains(id)
        })
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}
