//! One check of the gate: run, timed, one line. What it printed is shown only if it failed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs `check` and prints `ok` or `FAILED`, the name and the seconds; on failure also what `check` returned.
pub(crate) fn timed(name: &str, check: impl FnOnce() -> Result<(), String>) -> bool {
    let start = Instant::now();
    let outcome = check();
    let seconds = start.elapsed().as_secs_f64();
    let word = if outcome.is_ok() { "ok" } else { "FAILED" };
    println!("{word:<7} {name:<32} {seconds:>7.1} s");
    if let Err(why) = &outcome {
        println!("{}", why.trim_end());
    }
    outcome.is_ok()
}

/// A `cargo` command in `root`, with what the environment gave this one (the same cargo, the same target folder).
pub(crate) fn cargo(root: &Path, words: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(words).current_dir(root).stdin(Stdio::null());
    command
}

/// Runs a command and keeps its output; an exit other than 0 is an error that carries both streams.
pub(crate) fn quiet(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}\n{stdout}{stderr}", output.status))
}

/// Runs a command whose output is worth seeing while it runs.
pub(crate) fn shown(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_hands_back_what_it_said() {
        let why = quiet(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap_err();
        assert!(why.contains("out") && why.contains("err") && why.contains('3'), "{why}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_not_a_pass() {
        assert!(quiet(&mut Command::new("no-such-program-here")).is_err());
        assert!(shown(&mut Command::new("no-such-program-here")).is_err());
    }
}
