//! From the file that a manifest names to a component of the generation that this host runs.

use std::borrow::Cow;

use anyhow::{Context as _, Result, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmtime::Engine;
use wasmtime::component::Component;
use wit_component::ComponentEncoder;

/// The interface that a component of spin-sdk 7 answers by.
const HANDLER: &str = "wasi:http/handler@0.3.0";

/// Makes a component of a module, the way Spin does; a component stays as it is.
pub(crate) fn componentize(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => encode(bytes).map(Cow::Owned),
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(Cow::Borrowed(bytes)),
        _ => bail!("the file is neither a WebAssembly module nor a component"),
    }
}

fn encode(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(false) // wasmtime validates it anyway
        .module(module)
        .context("read the interfaces of the module")?
        .adapter(
            WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )
        .context("add the WASI adapter")?
        .encode()
        .context("make a component of the module")
}

/// Refuses, in words, a component that this host cannot run.
pub(crate) fn check_generation(engine: &Engine, component: &Component) -> Result<()> {
    let kind = component.component_type();
    let exports: Vec<&str> = kind.exports(engine).map(|(name, _)| name).collect();
    check_exports(&exports)?;
    let missing: Vec<&str> = kind
        .imports(engine)
        .map(|(name, _)| name)
        .filter(|name| !is_offered(name))
        .collect();
    if !missing.is_empty() {
        bail!(
            "it needs {}, which this host does not offer",
            missing.join(", ")
        );
    }
    Ok(())
}

fn check_exports(exports: &[&str]) -> Result<()> {
    if exports.contains(&HANDLER) {
        return Ok(());
    }
    let found = |start: &str| exports.iter().find(|name| name.starts_with(start));
    if let Some(name) = found("wasi:http/incoming-handler@0.2") {
        bail!(
            "it is made for WASI 0.2 (it exports {name}), as by spin-sdk 5 or older; \
             this host runs components of spin-sdk 7 (WASI 0.3)"
        );
    }
    if let Some(name) = found("wasi:http/handler@0.3.0-") {
        bail!(
            "it is made for a pre-release of WASI 0.3 (it exports {name}), as by spin-sdk 6; \
             this host runs components of spin-sdk 7 (WASI 0.3)"
        );
    }
    if let Some(name) = found("wasi:http/") {
        bail!("it is made for another version of WASI ({name}); this host runs spin-sdk 7");
    }
    bail!("it exports no HTTP handler ({HANDLER}); was it built with spin-sdk 7's `http_service`?")
}

/// Whether the host has the imported interface. Versions of one track are compatible.
fn is_offered(import: &str) -> bool {
    let Some((name, version)) = import.split_once('@') else {
        return false;
    };
    let Some((package, _)) = name.split_once('/') else {
        return false;
    };
    match package {
        "wasi:cli" | "wasi:clocks" | "wasi:filesystem" | "wasi:random" | "wasi:sockets" => {
            version.starts_with("0.2.") || version == "0.3.0"
        }
        "wasi:io" => version.starts_with("0.2."),
        "wasi:http" => version == "0.3.0",
        "spin:postgres" => matches!(version, "4.0.0" | "4.1.0" | "4.2.0"),
        "spin:variables" => version == "3.0.0",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_generations_are_named() {
        let text = |exports: &[&str]| check_exports(exports).unwrap_err().to_string();
        assert!(check_exports(&["x", HANDLER]).is_ok());
        assert!(text(&["wasi:http/incoming-handler@0.2.0"]).contains("spin-sdk 5"));
        assert!(text(&["wasi:http/handler@0.3.0-rc-2026-03-15"]).contains("spin-sdk 6"));
        assert!(text(&["wasi:http/handler@0.4.0"]).contains("another version"));
        assert!(text(&[]).contains("no HTTP handler"));
    }

    #[test]
    fn offered_interfaces() {
        for import in [
            "wasi:cli/environment@0.2.6",
            "wasi:io/streams@0.2.12",
            "wasi:cli/stdin@0.3.0",
            "wasi:http/client@0.3.0",
            "spin:postgres/postgres@4.2.0",
            "spin:variables/variables@3.0.0",
        ] {
            assert!(is_offered(import), "{import}");
        }
        for import in [
            "spin:key-value/key-value@3.0.0",
            "wasi:http/types@0.3.0-rc-2026-03-15",
            "fermyon:spin/variables@2.0.0",
            "nonsense",
        ] {
            assert!(!is_offered(import), "{import}");
        }
    }

    #[test]
    fn files_that_are_no_wasm_are_refused() {
        for bytes in [&b""[..], b"#!/bin/sh", b"\0asm"] {
            assert!(
                componentize(bytes)
                    .unwrap_err()
                    .to_string()
                    .contains("neither")
            );
        }
    }

    #[test]
    fn an_empty_module_has_no_handler() {
        let engine = Engine::default();
        let bytes = componentize(b"\0asm\x01\0\0\0").unwrap();
        let component = Component::new(&engine, &bytes).unwrap();
        let error = check_generation(&engine, &component)
            .unwrap_err()
            .to_string();
        assert!(error.contains("no HTTP handler"), "{error}");
    }
}
