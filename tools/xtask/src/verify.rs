//! `verify`: every check, in the order of what is cheapest to learn from. Reads only.

use crate::step::{cargo, quiet, shown, timed};
use crate::tidy;
use std::path::Path;
use std::process::Command;

/// Whether `verify` runs the workspace's tests; CI has run them by the README's own command before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    Run,
    Skip,
}

/// The seed that is run twice. Any will do; a fixed one makes a failure the same for everybody.
const SEED: &str = "1";

/// Runs every check, also after a failed one, and returns whether all passed.
pub(crate) fn run(root: &Path, tests: Tests) -> bool {
    let mut passed = timed("tidy", || tidy::check(root));
    passed &= timed("fmt", || {
        quiet(&mut cargo(root, &["fmt", "--all", "--check"])).map(drop)
    });
    passed &= timed("clippy", || quiet(&mut clippy(root)).map(drop));
    passed &= timed("docs", || quiet(&mut docs(root)).map(drop));
    if tests == Tests::Run {
        passed &= timed("tests", || {
            shown(&mut cargo(root, &["test", "--workspace", "--locked"]))
        });
    }
    passed &= timed("one seed twice, equal traces", || same_trace_twice(root));
    println!(
        "{}",
        if passed {
            "verify: every check passed"
        } else {
            "verify: FAILED"
        }
    );
    passed
}

fn clippy(root: &Path) -> Command {
    cargo(
        root,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
    )
}

fn docs(root: &Path) -> Command {
    let words = [
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--locked",
        "--quiet",
    ];
    let mut command = cargo(root, &words);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

/// A simulation is of use only if a seed that failed fails again: the same seed gives the same trace, byte for byte.
fn same_trace_twice(root: &Path) -> Result<(), String> {
    let words = [
        "run",
        "--quiet",
        "--locked",
        "--profile",
        "sim",
        "-p",
        "circlet-sim",
        "--",
        "--seed",
        SEED,
    ];
    let first = quiet(&mut cargo(root, &words))?;
    let second = quiet(&mut cargo(root, &words))?;
    compare_traces(&first, &second)
}

/// Compares the lines that start with `trace`; the rest of the output (times, counts of steps a second) may differ.
fn compare_traces(first: &str, second: &str) -> Result<(), String> {
    let traces = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.trim_start().starts_with("trace"))
            .map(str::to_string)
            .collect()
    };
    let (first_traces, second_traces) = (traces(first), traces(second));
    if first_traces.is_empty() {
        return Err(format!(
            "seed {SEED} printed no line that starts with `trace`:\n{first}"
        ));
    }
    if first_traces != second_traces {
        return Err(format!(
            "seed {SEED} gave two traces:\n{first_traces:?}\n{second_traces:?}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_traces_pass_whatever_else_was_printed() {
        assert_eq!(
            compare_traces("took 1 s\ntrace 00ff\n", "took 2 s\ntrace 00ff\n"),
            Ok(())
        );
    }

    #[test]
    fn different_traces_fail() {
        assert!(compare_traces("trace 00ff", "trace 00fe").is_err(), "one bit is enough");
        assert!(
            compare_traces("trace 1\ntrace 2", "trace 1").is_err(),
            "so is a missing line"
        );
    }

    #[test]
    fn a_run_that_prints_no_trace_fails() {
        assert!(
            compare_traces("", "").is_err(),
            "two empty outputs are equal, and prove nothing"
        );
    }
}
