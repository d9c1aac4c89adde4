//! Manifests that this host refuses, in words.

use crate::support::host::{Ended, application, manifest};
use crate::support::{Host, only_ours};

const WORDS: &str = "the words of the errors are ours";

fn refused(manifest: &str) -> Ended {
    match Host::in_folder(application(manifest), &[]) {
        Ok(_) => panic!("the host started"),
        Err(ended) => {
            assert!(!ended.success);
            ended
        }
    }
}

#[tokio::test]
async fn manifests_that_cannot_be_served_say_why() {
    if only_ours(WORDS) {
        return;
    }
    let wrong_file = manifest("").replace("source = ", "source = \"nobody.wasm\" #");
    for (text, named) in [
        (wrong_file, "component `probe` (nobody.wasm)"),
        (
            format!("{}key_value_stores = [\"default\"]", manifest("")),
            "component `probe`: key_value_stores",
        ),
        (
            format!("{}sqlite_databases = [\"default\"]", manifest("")),
            "component `probe`: sqlite_databases",
        ),
        (
            format!("{}allowed_outbound_hosts = [\"nonsense\"]", manifest("")),
            "`nonsense`",
        ),
        (format!("{}colour = 1", manifest("")), "colour"),
        (
            manifest("[[trigger.http]]\nroute = \"/probe/*\"\ncomponent = \"probe\""),
            "already taken",
        ),
        (
            manifest("[[trigger.http]]\nroute = \"/x\"\ncomponent = \"nobody\""),
            "nobody",
        ),
        (
            format!(
                "{}[variables]\nneeded_one = {{ required = true }}\n",
                manifest("")
            ),
            "SPIN_VARIABLE_NEEDED_ONE",
        ),
    ] {
        let log = refused(&text).log;
        assert!(log.contains(named), "{named} is not in: {log}");
    }
}

#[tokio::test]
async fn other_generations_are_refused_in_words() {
    if only_ours(WORDS) {
        return;
    }
    let text = manifest("").replace("source = ", "source = \"empty.wasm\" #");
    let folder = application(&text);
    std::fs::write(folder.path().join("empty.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let log = Host::in_folder(folder, &[]).err().unwrap().log;
    for words in ["component `probe`", "exports no HTTP handler", "spin-sdk 7"] {
        assert!(log.contains(words), "{words} is not in: {log}");
    }
}
