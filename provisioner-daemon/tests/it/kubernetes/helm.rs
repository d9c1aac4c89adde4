//! Helm on `charts/instance`, with the value files that the chart brings along.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The release's name and namespace in all renders.
pub(crate) const NAMESPACE: &str = "instance-acme";

/// The chart's folder.
pub(crate) fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/instance")
}

/// The value files beside `base.yaml`, by name, in order.
pub(crate) fn overlays() -> Vec<String> {
    let files = std::fs::read_dir(chart().join("ci")).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "base")
        .collect();
    names.sort();
    names
}

/// Helm with `arguments`, on the chart with the basic values and an overlay of the chart's.
pub(crate) fn helm(arguments: &[&str], overlay: Option<&str>, input: &str) -> Output {
    let program = std::env::var("HELM").expect("HELM: run `cargo xtask test charts`");
    let file = |name: &str| chart().join("ci").join(name).with_extension("yaml");
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(chart())
        .args(["--namespace", NAMESPACE, "--values"])
        .arg(file("base"));
    if let Some(overlay) = overlay {
        command.arg("--values").arg(file(overlay));
    }
    let mut child = command
        .args(["--values", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// The manifests as Helm prints them.
pub(crate) fn render(overlay: Option<&str>, input: &str) -> String {
    let output = helm(&["template", "acme"], overlay, input);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{overlay:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// The objects of a render.
pub(crate) fn objects(manifests: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifests).unwrap();
    documents
        .into_iter()
        .filter(|document| !document.is_null())
        .collect()
}

/// `Kind/name` of an object.
pub(crate) fn id(object: &Value) -> String {
    let text = |pointer: &str| {
        let value = object.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    format!("{}/{}", text("/kind"), text("/metadata/name"))
}
