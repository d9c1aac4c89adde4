//! The rules of the API on every operation of its document, then the document against random requests.

use anyhow::Result;

use super::platform::Platform;
use super::{on_platform, visibly};
use crate::python_tools::PythonTool;

/// Makes random requests from the document.
const SCHEMATHESIS: PythonTool = PythonTool {
    name: "schemathesis",
    requirements: include_str!("../../../tests/fuzz/requirements.txt"),
};

pub(super) fn run(platform: &Platform) -> Result<()> {
    visibly("api: sweep", &mut on_platform(platform, "sweep")?)?;
    let program = SCHEMATHESIS.programs()?.join("schemathesis");
    let mut fuzz = on_platform(platform, "fuzz")?;
    fuzz.arg("--nocapture").env("SCHEMATHESIS", program);
    visibly("api: fuzz", &mut fuzz)
}
