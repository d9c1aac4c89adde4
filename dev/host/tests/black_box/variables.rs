//! Variables: where values come from, and who sees them.

use crate::support::Host;
use crate::support::host::{application, manifest};

/// The application variables `a`, `b`, `c` and `d`, which the component sees under the same names,
/// and all of them in one text as `all`.
fn four() -> String {
    format!(
        "{}[component.probe.variables]\na = \"{{{{ a }}}}\"\nb = \"{{{{b}}}}\"\nc = \"{{{{ c }}}}\"\n\
         all = \"<{{{{ a }}}}{{{{ b }}}}{{{{c}}}}{{{{ d }}}}>\"\n\
         [variables]\na = {{ required = true, secret = true }}\nb = {{ default = \"default\" }}\n\
         c = {{ default = \"default\" }}\nd = {{ default = \"default\" }}\n",
        manifest("")
    )
}

#[tokio::test]
async fn the_command_line_beats_providers_beat_the_environment_beats_defaults() {
    let folder = application(&four());
    let config = folder.path().join("runtime-config.toml");
    let providers = "[[variables_provider]]\ntype = \"static\"\nvalues = { a = \"file\", b = \"file\" }\n\
                     [[variables_provider]]\ntype = \"static\"\nvalues = { b = \"second\" }\n";
    std::fs::write(&config, providers).unwrap();
    let config = config.to_str().unwrap().to_owned();
    let arguments = [
        "--runtime-config-file",
        &config,
        "--variable",
        "a=command=line",
    ];
    let environment = [
        ("SPIN_VARIABLE_A", "environment"),
        ("SPIN_VARIABLE_B", "environment"),
        ("SPIN_VARIABLE_C", "environment"),
    ];
    let host = Host::with_environment(folder, &arguments, &environment).unwrap();
    for (name, value) in [
        ("a", "command=line"),
        ("b", "file"),
        ("c", "environment"),
        ("all", "<command=linefileenvironmentdefault>"),
    ] {
        let seen = host.get(&format!("/probe/variable/{name}")).await;
        assert_eq!(seen, (200, value.to_owned()), "{name}");
    }
}

#[tokio::test]
async fn values_may_come_from_files() {
    let folder = application(&four());
    std::fs::write(folder.path().join("a"), "from a file").unwrap();
    std::fs::write(folder.path().join("rest.toml"), "b = \"from toml\"\n").unwrap();
    std::fs::write(folder.path().join("rest.json"), "{\"c\": \"from json\"}").unwrap();
    let at = |name: &str| format!("@{}", folder.path().join(name).display());
    let (a, toml, json) = (format!("a={}", at("a")), at("rest.toml"), at("rest.json"));
    let arguments = ["--variable", &a, "--variable", &toml, "--variable", &json];
    let host = Host::in_folder(folder, &arguments).unwrap();
    let (_, all) = host.get("/probe/variable/all").await;
    assert_eq!(all, "<from a filefrom tomlfrom jsondefault>");
}

#[tokio::test]
async fn components_see_what_they_mapped_only() {
    let host = Host::serve(&four(), &["--variable", "a=1"]);
    let (status, unknown) = host.get("/probe/variable/d").await;
    assert_eq!(status, 422);
    assert!(
        unknown.contains(r#"Undefined("no variable for \"probe\".\"d\"")"#),
        "{unknown}"
    );
    let (_, wrong) = host.get("/probe/variable/aB").await;
    assert!(wrong.contains("InvalidName"), "{wrong}");
    assert!(wrong.contains("'B'"), "{wrong}");
}

#[tokio::test]
async fn a_missing_variable_stops_the_start() {
    let ended = Host::in_folder(application(&four()), &[]).err().unwrap();
    assert!(!ended.success);
    assert!(ended.log.contains("required variable"), "{}", ended.log);
    assert!(ended.log.contains('a'), "{}", ended.log);
}

#[tokio::test]
async fn what_is_wrong_stops_the_start() {
    let good = manifest("");
    for wrong in [
        format!("{good}[component.probe.variables]\nx = \"{{{{ nobody }}}}\"\n"),
        format!("{good}[component.probe.variables]\nx = \"{{{{ open\"\n"),
        format!("{good}[variables]\nx = {{ required = true, default = \"\" }}\n"),
        format!("{good}[variables]\nX = {{ default = \"\" }}\n"),
        format!("{good}colour = 1\n"),
        format!("{good}allowed_outbound_hosts = [\"nonsense\"]\n"),
        format!("{good}allowed_outbound_hosts = [\"http://a/path\"]\n"),
        good.replace("source = ", "source = \"nobody.wasm\" #"),
        manifest("[[trigger.http]]\nroute = \"/x\"\ncomponent = \"nobody\""),
        manifest("[application.trigger.http]\nbase = \"/b\""),
    ] {
        let ended = Host::in_folder(application(&wrong), &[]);
        assert!(ended.is_err_and(|ended| !ended.success), "{wrong}");
    }
    // A component that nothing leads to is not even looked for.
    let unused = format!("{good}[component.unused]\nsource = \"nobody.wasm\"\n");
    assert_eq!(Host::serve(&unused, &[]).get("/probe").await.0, 200);
}
