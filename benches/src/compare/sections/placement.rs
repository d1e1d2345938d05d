//! Balance and movement of the placement: pure arithmetic, so the figures come from an example of the `ring` crate.

use std::process::Command;

use crate::compare::cargo;
use crate::compare::report::Findings;
use crate::error::{Doing, Error, Result};

const ARGS: [&str; 6] = [
    "run",
    "--release",
    "-p",
    "circlet-ring",
    "--example",
    "placement_figures",
];

pub(super) fn run() -> Result<Findings> {
    let mut findings = Findings {
        commands: vec![format!("cargo {}", ARGS.join(" "))],
        ..Findings::default()
    };
    let output = Command::new(cargo()).args(ARGS).output().doing("running cargo")?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Missing(
            errors.lines().last().unwrap_or("the example does not run").to_owned(),
        ));
    }
    findings.verbatim = Some(String::from_utf8_lossy(&output.stdout).into_owned());
    Ok(findings)
}
