//! What a component finds beside its code: files, environment, arguments.

use crate::support::Host;
use crate::support::host::{application, manifest};

fn write(folder: &tempfile::TempDir, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

#[tokio::test]
async fn files_are_read_and_never_written() {
    let text = format!(
        "{}files = [\"texts/**/*.txt\", {{ source = \"site\", destination = \"/portal\" }}]\n\
         exclude_files = [\"texts/private/*\"]\n",
        manifest("")
    );
    let folder = application(&text);
    write(
        &folder,
        &[
            ("texts/a.txt", "A"),
            ("texts/deep/er.txt", "B"),
            ("texts/b.bin", "b"),
            ("texts/private/c.txt", "C"),
            ("site/x/index.html", "site"),
            ("hidden.txt", "H"),
        ],
    );
    let written = folder.path().join("site/new.txt");
    let host = Host::in_folder(folder, &[]).unwrap();
    for (path, content) in [
        ("texts/a.txt", "A"),
        ("texts/deep/er.txt", "B"),
        ("portal/x/index.html", "site"),
    ] {
        let read = host.get(&format!("/probe/file/{path}")).await;
        assert_eq!(read, (200, content.to_owned()), "{path}");
    }
    for hidden in [
        "texts/b.bin",
        "texts/private/c.txt",
        "hidden.txt",
        "portal/../hidden.txt",
        "portal/%2e%2e/spin.toml",
        "etc/passwd",
    ] {
        let read = host.get(&format!("/probe/file/{hidden}")).await;
        assert_eq!(read.0, 422, "{hidden}");
    }
    for place in ["portal/new.txt", "texts/a.txt", "new.txt"] {
        assert_eq!(
            host.get(&format!("/probe/write/{place}")).await.0,
            422,
            "{place}"
        );
    }
    assert!(!written.exists());
}

#[tokio::test]
async fn only_the_declared_environment_is_seen() {
    let text = format!(
        "{}environment = {{ A = \"{{{{ raw }}}}\", C = \"3\" }}\n",
        manifest("")
    );
    let host = Host::serve(&text, &["-e", "B=2", "--env", "D=x=y"]);
    let (_, seen) = host.get("/probe/env").await;
    for pair in [
        r#"("A", "{{ raw }}")"#,
        r#"("B", "2")"#,
        r#"("C", "3")"#,
        r#"("D", "x=y")"#,
    ] {
        assert!(seen.contains(pair), "{pair} is not in {seen}");
    }
    assert!(!seen.contains("PATH") && !seen.contains("CARGO"), "{seen}");
    assert_eq!(host.get("/probe/process").await.1, "[] \"\"");
}
