//! What a manifest gives to components, and manifests that are refused.

use crate::support::Host;
use crate::support::host::{Ended, application, manifest};

fn refused(manifest: &str, arguments: &[&str]) -> Ended {
    match Host::in_folder(application(manifest), arguments) {
        Ok(_) => panic!("the host started"),
        Err(ended) => {
            assert!(!ended.success);
            ended
        }
    }
}

#[tokio::test]
async fn components_see_their_variables_only() {
    let text = format!(
        "{}[component.probe.variables]\ngreeting = \"<{{{{ word }}}}>\"\n[variables]\nword = {{ default = \"d\" }}\n",
        manifest("")
    );
    let host = Host::serve(&text, &[]);
    assert_eq!(
        host.get("/probe/variable/greeting").await,
        (200, "<d>".to_owned())
    );
    let (status, unknown) = host.get("/probe/variable/word").await;
    assert_eq!(status, 422);
    assert!(
        unknown.contains(r#"Undefined("no variable for \"probe\".\"word\"")"#),
        "{unknown}"
    );
    let (_, wrong) = host.get("/probe/variable/Bad").await;
    assert!(
        wrong.contains("InvalidName") && wrong.contains("'B'"),
        "{wrong}"
    );
    let host = Host::serve(&text, &["--variable", "word=c"]);
    assert_eq!(host.get("/probe/variable/greeting").await.1, "<c>");
}

#[tokio::test]
async fn a_missing_variable_stops_the_start() {
    let text = format!(
        "{}[variables]\nneeded_one = {{ required = true }}\n",
        manifest("")
    );
    let ended = refused(&text, &[]);
    assert!(ended.log.contains("needed_one"), "{}", ended.log);
    assert!(
        ended.log.contains("SPIN_VARIABLE_NEEDED_ONE"),
        "{}",
        ended.log
    );
}

#[tokio::test]
async fn the_runtime_configuration_may_give_variables() {
    let text = format!(
        "{}[component.probe.variables]\nword = \"{{{{ word }}}}\"\n[variables]\nword = {{ required = true }}\n",
        manifest("")
    );
    let folder = application(&text);
    let config = folder.path().join("runtime-config.toml");
    let provider = "[[variables_provider]]\ntype = \"static\"\nvalues = { word = \"given\" }\n";
    std::fs::write(&config, provider).unwrap();
    let config = config.to_str().unwrap().to_owned();
    let host = Host::in_folder(folder, &["--runtime-config-file", &config]).unwrap();
    assert_eq!(
        host.get("/probe/variable/word").await,
        (200, "given".to_owned())
    );
}

#[tokio::test]
async fn only_the_declared_environment_is_seen() {
    let text = format!(
        "{}environment = {{ A = \"{{{{ raw }}}}\" }}\n",
        manifest("")
    );
    let host = Host::serve(&text, &["--env", "B=2"]);
    let (_, seen) = host.get("/probe/env").await;
    assert!(
        seen.contains(r#"("A", "{{ raw }}")"#) && seen.contains(r#"("B", "2")"#),
        "{seen}"
    );
    assert!(!seen.contains("PATH") && !seen.contains("CARGO"), "{seen}");
}

#[tokio::test]
async fn files_are_read_and_never_written() {
    let text = format!(
        "{}files = [\"texts/*.txt\", {{ source = \"site\", destination = \"/portal\" }}]\n",
        manifest("")
    );
    let folder = application(&text);
    for (path, content) in [
        ("texts/a.txt", "A"),
        ("texts/b.bin", "B"),
        ("site/x/index.html", "site"),
        ("hidden.txt", "H"),
    ] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let written = folder.path().join("site/new.txt");
    let host = Host::in_folder(folder, &[]).unwrap();
    assert_eq!(
        host.get("/probe/file/texts/a.txt").await,
        (200, "A".to_owned())
    );
    assert_eq!(
        host.get("/probe/file/portal/x/index.html").await,
        (200, "site".to_owned())
    );
    for hidden in [
        "texts/b.bin",
        "hidden.txt",
        "portal/../hidden.txt",
        "portal/%2e%2e/spin.toml",
    ] {
        assert_eq!(
            host.get(&format!("/probe/file/{hidden}")).await.0,
            422,
            "{hidden}"
        );
    }
    assert_eq!(host.get("/probe/write/portal/new.txt").await.0, 422);
    assert!(!written.exists());
}

#[tokio::test]
async fn manifests_that_cannot_be_served_say_why() {
    let wrong_file = manifest("").replace("source = ", "source = \"nobody.wasm\" #");
    for (text, named) in [
        (wrong_file, "component `probe` (nobody.wasm)"),
        (
            format!("{}sqlite_databases = [\"default\"]", manifest("")),
            "sqlite_databases",
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
    ] {
        let ended = refused(&text, &[]);
        assert!(
            ended.log.contains(named),
            "{named} is not in: {}",
            ended.log
        );
    }
}

#[tokio::test]
async fn other_generations_are_refused_in_words() {
    let text = manifest("").replace("source = ", "source = \"empty.wasm\" #");
    let folder = application(&text);
    std::fs::write(folder.path().join("empty.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let ended = Host::in_folder(folder, &[])
        .err()
        .expect("the host started");
    assert!(ended.log.contains("component `probe`"), "{}", ended.log);
    assert!(
        ended.log.contains("exports no HTTP handler") && ended.log.contains("spin-sdk 7"),
        "{}",
        ended.log
    );
}
