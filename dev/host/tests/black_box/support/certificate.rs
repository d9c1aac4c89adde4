//! Certificates of the tests' own, made by the `openssl` that comes with PostgreSQL.

use std::path::Path;

use super::postgres::{as_server_user, run};

/// What a server shows, and what a client is to trust.
pub(crate) struct Certificates {
    /// The authority of the server's certificate, as PEM text.
    pub(crate) authority: String,
    /// One that has nothing to do with it.
    pub(crate) stranger: String,
}

const EXTENSIONS: &str = "[req]\ndistinguished_name = name\n[name]\n\
    [authority]\nbasicConstraints = critical, CA:TRUE\n\
    [server]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = IP:127.0.0.1\n";

/// Makes `server.pem` and `server.key` in `folder`, for the address 127.0.0.1 and no name.
pub(crate) fn make(folder: &Path) -> Certificates {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    for name in ["authority", "stranger"] {
        certificate(folder, name, "authority", None);
    }
    certificate(folder, "server", "server", Some("authority"));
    Certificates {
        authority: read("authority.pem"),
        stranger: read("stranger.pem"),
    }
}

fn certificate(folder: &Path, name: &str, kind: &str, by: Option<&str>) {
    let file = |name: &str, end: &str| folder.join(format!("{name}.{end}"));
    // Standard input is closed for programs that we run; the settings go in by a shell.
    let script = r#"printf %b "$0" | exec openssl req -config /dev/stdin "$@""#;
    let mut command = as_server_user("sh");
    command
        .args(["-c", script, EXTENSIONS, "-x509", "-nodes", "-days", "2"])
        .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-extensions", kind, "-subj", &format!("/CN={name}")])
        .args(["-keyout".as_ref(), file(name, "key").as_os_str()])
        .args(["-out".as_ref(), file(name, "pem").as_os_str()]);
    if let Some(by) = by {
        command
            .args(["-CA".as_ref(), file(by, "pem").as_os_str()])
            .args(["-CAkey".as_ref(), file(by, "key").as_os_str()]);
    }
    run(&mut command);
}
