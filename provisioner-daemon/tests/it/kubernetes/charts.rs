//! The chart's contract, by its renders: what it may hold, what it refuses, and that a change of it is seen.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::helm::{NAMESPACE, chart, helm, id, objects, overlays, render};

/// What an instance consists of. Nothing that reaches out of its namespace.
const KINDS: &[&str] = &[
    "apps/v1 Deployment",
    "apps/v1 StatefulSet",
    "networking.k8s.io/v1 Ingress",
    "networking.k8s.io/v1 NetworkPolicy",
    "v1 ConfigMap",
    "v1 LimitRange",
    "v1 PersistentVolumeClaim",
    "v1 ResourceQuota",
    "v1 Secret",
    "v1 Service",
    "v1 ServiceAccount",
];

/// Functions whose answer is another one each time, or another one where there is a cluster.
const FORBIDDEN_FUNCTIONS: &[&str] = &[
    "ago",
    "date",
    "dateInZone",
    "dateModify",
    "derivePassword",
    "genCA",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSignedCert",
    "getHostByName",
    "htmlDate",
    "lookup",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "unixEpoch",
    "uuidv4",
    "bcrypt",
    "htpasswd",
    "encryptAES",
];

/// The basic values alone, and with each overlay.
fn every() -> Vec<Option<String>> {
    let overlays = overlays().into_iter().map(Some);
    std::iter::once(None).chain(overlays).collect()
}

#[test]
fn helm_finds_nothing_to_complain_of() {
    for overlay in every() {
        let output = helm(&["lint", "--strict", "--quiet"], overlay.as_deref(), "");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{overlay:?}: {said}");
    }
}

#[test]
fn only_known_kinds_in_the_instances_own_namespace_each_once() {
    for overlay in every() {
        let mut seen = BTreeSet::new();
        for object in objects(&render(overlay.as_deref(), "")) {
            let kind = format!(
                "{} {}",
                text(&object, "/apiVersion"),
                text(&object, "/kind")
            );
            assert!(KINDS.contains(&kind.as_str()), "{overlay:?}: {kind}");
            let id = id(&object);
            assert_eq!(text(&object, "/metadata/namespace"), NAMESPACE, "{id}");
            let annotations = object.pointer("/metadata/annotations");
            let annotations = annotations.and_then(Value::as_object).cloned();
            for name in annotations.unwrap_or_default().keys() {
                assert!(!name.starts_with("helm.sh/hook"), "{id} is a hook");
            }
            assert!(seen.insert(id.clone()), "{overlay:?}: {id} twice");
        }
    }
}

#[test]
fn nothing_depends_on_time_chance_or_a_cluster() {
    for file in std::fs::read_dir(chart().join("templates")).unwrap() {
        let path = file.unwrap().path();
        let template = std::fs::read_to_string(&path).unwrap();
        let actions = template
            .split("{{")
            .skip(1)
            .filter_map(|rest| rest.split("}}").next());
        for action in
            actions.filter(|action| !action.trim_start_matches('-').trim().starts_with("/*"))
        {
            let words =
                action.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
            for word in words {
                assert!(
                    !FORBIDDEN_FUNCTIONS.contains(&word),
                    "{}: {word}",
                    path.display()
                );
            }
        }
    }
    assert_eq!(render(None, ""), render(None, ""));
}

#[test]
fn what_is_secret_is_in_secrets_alone() {
    let values: Value = serde_saphyr::from_str(&read("ci/base.yaml")).unwrap();
    let secrets: Vec<String> = values["secrets"]
        .as_object()
        .unwrap()
        .values()
        .map(|secret| secret.as_str().unwrap().to_owned())
        .collect();
    assert!(secrets.len() >= 6);
    for object in objects(&render(Some("option-gate"), "")) {
        let is_secret = object["kind"] == "Secret";
        let text = object.to_string();
        for secret in &secrets {
            assert!(
                !text.contains(secret.as_str()),
                "{}: in plain text",
                id(&object)
            );
        }
        assert!(is_secret || object.get("stringData").is_none());
    }
}

/// Pods are refused privileges by the cluster; this says what they ask for.
#[test]
fn pods_ask_for_no_privilege_and_no_token() {
    for object in objects(&render(Some("option-gate"), "")) {
        let Some(pod) = object.pointer("/spec/template/spec") else {
            continue;
        };
        let id = id(&object);
        assert_eq!(pod["automountServiceAccountToken"], false, "{id}");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{id}");
        let lists = ["containers", "initContainers"];
        let containers = lists
            .iter()
            .filter_map(|list| pod[*list].as_array())
            .flatten();
        for container in containers {
            let security = &container["securityContext"];
            assert_eq!(security["allowPrivilegeEscalation"], false, "{id}");
            assert_eq!(security["capabilities"]["drop"][0], "ALL", "{id}");
            assert!(
                container["resources"]["limits"]["memory"].is_string(),
                "{id}"
            );
        }
    }
}

#[test]
fn without_the_gate_no_way_leads_to_the_dashboard() {
    let paths = |overlay: Option<&str>| -> Vec<String> {
        let objects = objects(&render(overlay, ""));
        let ingress = objects.iter().find(|object| object["kind"] == "Ingress");
        let rules = ingress.unwrap()["spec"]["rules"]
            .as_array()
            .unwrap()
            .clone();
        let paths = rules.iter().flat_map(|rule| {
            let paths = rule["http"]["paths"].as_array().unwrap();
            paths.iter().map(|path| {
                let service = text(path, "/backend/service/name");
                format!("{}{} {service}", text(rule, "/host"), text(path, "/path"))
            })
        });
        paths.collect()
    };
    let matrix = [
        "acme.matrix.example.com/_matrix synapse",
        "acme.matrix.example.com/_synapse/client synapse",
        "acme.example.com/.well-known/matrix synapse",
    ];
    assert_eq!(paths(None), matrix);
    let with_gate = [&matrix[..], &["acme.example.com/ mindroom"]].concat();
    assert_eq!(paths(Some("option-gate")), with_gate);
}

#[test]
fn wrong_values_are_refused_by_name() {
    for (values, named) in [
        ("nonesuch: 1", "nonesuch"),
        ("images: {nonesuch: a}", "nonesuch"),
        ("secrets: {nonesuch: a}", "nonesuch"),
        ("subdomain: Not_A_Label", "/subdomain"),
        ("domain: ''", "/domain"),
        ("instanceId: '1'", "/instanceId"),
        ("ownerMatrixId: ann", "/ownerMatrixId"),
        ("running: 'yes'", "/running"),
        ("restart: -1", "/restart"),
        (
            "images: {mindroom: ghcr.io/mindroom-ai/mindroom:latest}",
            "/images/mindroom",
        ),
        (
            "images: {mindroom: ghcr.io/mindroom-ai/mindroom}",
            "/images/mindroom",
        ),
        ("images: {mindroom: ''}", "/images/mindroom"),
        ("secrets: {macaroon: short}", "/secrets/macaroon"),
        ("secrets: {signingKey: no key}", "/secrets/signingKey"),
        ("database: {host: ''}", "/database/host"),
        ("database: {cidr: ''}", "/database"),
        ("database: {namespace: databases}", "/database"),
        ("database: {name: 'a; drop table b'}", "/database/name"),
        ("ingress: {certificate: http01}", "/ingress/issuer"),
        ("gate: {enabled: true}", "/gate"),
        (
            "profiles: {small: {storage: {synapse: much}}}",
            "/profiles/small/storage/synapse",
        ),
        ("blockedRanges: [everything]", "/blockedRanges"),
        ("profile: nonesuch", "there is no profile nonesuch"),
    ] {
        let output = helm(&["template", "acme"], None, values);
        assert!(!output.status.success(), "{values} was taken");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(named), "{values}: {said}");
    }
}

/// The whole of the basic render, and of each other what differs from it. `GOLDEN=write` writes them anew.
#[test]
fn renders_are_as_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let rendered = |name: &str, overlay: Option<&str>| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, render(overlay, "")).unwrap();
        path
    };
    let base = rendered("base", None);
    compare("base.yaml", &std::fs::read_to_string(&base).unwrap());
    for overlay in overlays() {
        let other = rendered(&overlay, Some(&overlay));
        let diff = Command::new("diff")
            .args(["--unified=2", "--label=base", "--label", &overlay])
            .args([&base, &other])
            .output()
            .unwrap();
        let text = String::from_utf8(diff.stdout).unwrap();
        compare(&format!("{overlay}.diff"), &text);
    }
}

#[test]
fn pods_read_only_secrets_and_settings_that_are_there() {
    for overlay in every() {
        let all = objects(&render(overlay.as_deref(), ""));
        let there: BTreeSet<String> = all.iter().map(id).collect();
        let mut read = BTreeSet::new();
        for object in &all {
            references(object, &mut read);
        }
        assert!(!read.is_empty());
        let missing: Vec<_> = read.difference(&there).collect();
        assert!(missing.is_empty(), "{overlay:?}: {missing:?}");
    }
}

/// `Kind/name` of all Secrets and ConfigMaps that a part of an object names.
fn references(part: &Value, read: &mut BTreeSet<String>) {
    for (pointer, kind) in [
        ("/secretKeyRef/name", "Secret"),
        ("/secretRef/name", "Secret"),
        ("/secret/secretName", "Secret"),
        ("/configMapKeyRef/name", "ConfigMap"),
        ("/configMapRef/name", "ConfigMap"),
        ("/configMap/name", "ConfigMap"),
    ] {
        if let Some(name) = part.pointer(pointer).and_then(Value::as_str) {
            read.insert(format!("{kind}/{name}"));
        }
    }
    let inner: Vec<&Value> = match part {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    for inner in inner {
        references(inner, read);
    }
}

fn compare(name: &str, text: &str) {
    let path = chart().join("ci/golden").join(name);
    if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::write(&path, text).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        recorded == text,
        "{name} is not as recorded; look at the change, then run with GOLDEN=write"
    );
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(chart().join(name)).unwrap()
}
