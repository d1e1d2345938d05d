//! One line about the machine, and the date, for the head of a report.

use std::fs;
use std::process::Command;

use super::affinity::cores;

/// Cores, processor, memory and kernel; what cannot be read is left out.
pub(crate) fn machine_line() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| field(&text, "model name"))
        .unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| field(&text, "MemTotal"))
        .unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let gib = memory.trim_end_matches("kB").trim().parse::<f64>().unwrap_or(0.0) / (1024.0 * 1024.0);
    format!(
        "{} cores, {cpu}, {gib:.0} GiB, Linux {}, loopback",
        cores(),
        kernel.trim()
    )
}

/// `YYYY-MM-DD HH:MM UTC`.
pub(crate) fn date() -> String {
    output("date", &["-u", "+%Y-%m-%d %H:%M UTC"])
}

/// The commit that is checked out, with a `+` if files differ from it.
pub(crate) fn commit() -> String {
    let commit = output("git", &["rev-parse", "--short", "HEAD"]);
    let is_clean = output("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    if is_clean { commit } else { format!("{commit}+") }
}

/// What a program prints, or nothing if it cannot be run.
pub(crate) fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// The value of the first `name : value` line.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_name_counts() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC\nmodel name\t: other\n";
        assert_eq!(field(text, "model name").as_deref(), Some("AMD EPYC"));
        assert_eq!(field(text, "MemTotal"), None);
    }
}
