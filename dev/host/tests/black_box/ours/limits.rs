//! Limits that only this host has, or has where Spin has others.

use crate::support::host::{builder, manifest};
use crate::support::raw::exchange;
use crate::support::{Host, only_ours};

#[tokio::test]
async fn an_instance_has_256_mib_unless_told() {
    if only_ours("an instance of Spin has 4 GiB") {
        return;
    }
    let host = Host::serve(&manifest(""), &[]);
    let fits = host.get("/probe/memory/200000000").await;
    assert_eq!(fits, (200, "200000000".to_owned()));
    let too_much = host.get("/probe/memory/270000000").await;
    assert_eq!(too_much, (500, String::new()));
}

#[tokio::test]
async fn no_client_means_a_name_inside_the_application() {
    if only_ours("Spin looks for such names in the Host header only") {
        return;
    }
    let host = Host::serve(&manifest(""), &[]);
    let line = "GET http://probe.spin.internal/probe HTTP/1.1\r\n";
    for hosts in ["", "host: probe.spin.internal\r\n"] {
        assert_eq!(exchange(&host, format!("{line}{hosts}\r\n")).await, "");
    }
    // By HTTP/2's `:authority`: the client finds the host under that name.
    let http2 = builder()
        .http2_prior_knowledge()
        .resolve("probe.spin.internal", host.address)
        .resolve("probe.example", host.address)
        .build()
        .unwrap();
    let port = host.address.port();
    let ask = |name: &str| http2.get(format!("http://{name}:{port}/probe")).send();
    assert!(ask("probe.spin.internal").await.is_err(), "it was answered");
    assert_eq!(ask("probe.example").await.unwrap().status(), 200);
}
