//! TLS to a server whose certificate holds, and to one whose does not.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use store::daemon::Db;
use store::native::Address;
use test_postgres::{Options, Server};

/// A certificate authority, and a server's certificate by it for 127.0.0.1.
fn certificates(folder: &Path) {
    for arguments in [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority
         -keyout authority.key -out authority.pem",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr",
        "x509 -req -in server.csr -days 2 -CA authority.pem -CAkey authority.key -CAcreateserial
         -extfile names -out server.pem",
    ] {
        std::fs::write(folder.join("names"), "subjectAltName = IP:127.0.0.1\n").unwrap();
        let made = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    }
}

#[tokio::test]
async fn a_server_is_believed_by_its_certificate_alone() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let server = Server::start(Options::default());
    for name in ["server.pem", "server.key"] {
        server.give(&folder.path().join(name), name);
    }
    let owner = server.named("postgres").owner().await;
    for setting in [
        "alter system set ssl_cert_file = '../server.pem'",
        "alter system set ssl_key_file = '../server.key'",
        "alter system set ssl = on",
    ] {
        owner.batch_execute(setting).await.unwrap();
    }
    owner
        .batch_execute("select pg_reload_conf()")
        .await
        .unwrap();

    let url = server.named("postgres").owner_url();
    let authority = folder.path().join("authority.pem");
    let verified = format!(
        "{url}?sslmode=verify-full&sslrootcert={}",
        authority.display()
    );
    let is_encrypted = async |url: &str| -> Result<bool, String> {
        let address = Address::parse(url).map_err(|error| error.to_string())?;
        let (client, connection) = address
            .connect()
            .await
            .map_err(|error| format!("{error:?}"))?;
        tokio::spawn(connection);
        let ssl = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
        Ok(client.query_one(ssl, &[]).await.unwrap().get(0))
    };
    // The server reads its settings a little after it was told to.
    until(async || is_encrypted(&verified).await == Ok(true)).await;
    assert_eq!(
        is_encrypted(&url).await,
        Ok(false),
        "on this machine nothing was asked for"
    );
    let stranger = is_encrypted(&format!("{url}?sslmode=require"))
        .await
        .unwrap_err();
    assert!(stranger.contains("UnknownIssuer"), "{stranger}");
    let other_name = verified.replace("127.0.0.1", "localhost");
    let other_name = is_encrypted(&other_name).await.unwrap_err();
    assert!(other_name.contains("NotValidForName"), "{other_name}");
    Db::new(&verified, 1).unwrap().ping().await.unwrap();
    assert!(
        Db::new(&format!("{url}?sslmode=require"), 1)
            .unwrap()
            .ping()
            .await
            .is_err()
    );

    owner
        .batch_execute("alter system set ssl = off")
        .await
        .unwrap();
    owner
        .batch_execute("select pg_reload_conf()")
        .await
        .unwrap();
    // never in the clear, though the server offers nothing else
    until(async || {
        is_encrypted(&verified)
            .await
            .is_err_and(|error| error.contains("TLS"))
    })
    .await;
}

async fn until(condition: impl AsyncFn() -> bool) {
    let asked = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked)
        .await
        .unwrap();
}
