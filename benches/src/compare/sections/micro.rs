//! The smallest steps, by criterion: runs the three benches that the budgets name and reads the medians that criterion
//! leaves in the target directory.

use std::path::PathBuf;
use std::process::Command;

use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::Lab;
use crate::compare::report::Findings;
use crate::compare::{cargo, target_dir};
use crate::error::{Doing, Error, Result};

/// A bench of `benches/benches`, the id of one of its functions, and its budget in nanoseconds.
struct Step {
    what: &'static str,
    bench: &'static str,
    id: &'static str,
    budget_ns: f64,
}

const STEPS: [Step; 3] = [
    Step {
        what: "one command parsed",
        bench: "parser",
        id: "parser/one_get",
        budget_ns: 40.0,
    },
    Step {
        what: "one arc looked up",
        bench: "placement",
        id: "placement/arc_lookup",
        budget_ns: 5.0,
    },
    Step {
        what: "one string merged",
        bench: "merge",
        id: "merge/one_string",
        budget_ns: 100.0,
    },
];

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    for step in STEPS {
        let mut args = vec!["bench", "-p", "circlet-benches", "--bench", step.bench, "--", step.id];
        if lab.effort.is_quick {
            args.push("--quick");
        }
        let output = Command::new(cargo()).args(&args).output().doing("running cargo")?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(Error::Missing(
                errors.lines().last().unwrap_or("a bench does not run").to_owned(),
            ));
        }
        let median_ns = median_ns(step.id)?;
        findings.commands.push(format!("cargo {}", args.join(" ")));
        findings.figures.push(Figure {
            what: format!("{}; the figure is ns", step.what),
            ours: format!("{median_ns:.1} ns"),
            peer: String::new(),
            judged: Some(median_ns),
            limit: Limit::AtMost {
                budget: step.budget_ns,
                aim: None,
            },
            is_marked: false,
        });
    }
    Ok(findings)
}

/// The median that criterion's last run of `id` left behind.
fn median_ns(id: &str) -> Result<f64> {
    let path: PathBuf = target_dir()?.join("criterion").join(id).join("new/estimates.json");
    let text = std::fs::read_to_string(&path).doing(format_args!("reading {}", path.display()))?;
    parse_median(&text).ok_or_else(|| Error::Answer(format!("{} holds no median", path.display())))
}

fn parse_median(estimates: &str) -> Option<f64> {
    let estimates: serde_json::Value = serde_json::from_str(estimates).ok()?;
    estimates.get("median")?.get("point_estimate")?.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_point_estimate() {
        let text = r#"{"mean":{"point_estimate":9.0},"median":{"confidence_interval":{},"point_estimate":31.5}}"#;
        assert_eq!(parse_median(text), Some(31.5));
        assert_eq!(parse_median("{}"), None);
    }
}
