//! What the acceptance tests share: clusters, clients, deadlines.

mod client;
mod cluster;
mod ports;
mod redis;
mod roamer;
mod terminal;

pub(crate) use client::{Client, text};
pub(crate) use cluster::Cluster;
pub(crate) use redis::Redis;
pub(crate) use roamer::{Roamer, Toll};
pub(crate) use terminal::{Terminal, terminal};

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

/// Long enough for anything on a busy machine: what takes longer hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The pace of [`wait_until`].
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Waits until `condition` holds, and returns how long that took; `None` when it does not within `at_most`.
pub(crate) fn wait_until(at_most: Duration, mut condition: impl FnMut() -> bool) -> Option<Duration> {
    let start = Instant::now();
    loop {
        if condition() {
            return Some(start.elapsed());
        }
        if start.elapsed() >= at_most {
            return None;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// A line for whoever runs the tests, shown also when they pass: the harness keeps `println!` to itself.
pub(crate) fn report(line: &str) {
    // Nobody to tell is no reason to fail.
    let _ = writeln!(std::io::stderr(), "acceptance: {line}");
}

/// The `circlet` program with these arguments, and without settings from our environment: `CIRCLET_TRACE` is ours, and none of its.
pub(crate) fn circlet(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_circlet"));
    command.args(args).stdin(std::process::Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CIRCLET_") {
            command.env_remove(name);
        }
    }
    command
}

/// Says what was not tested, and why. With `REQUIRE_CLIENTS=1`, as in CI, that is a failure.
pub(crate) fn skip(why: &str) {
    report(&format!("SKIPPED: {why}"));
    assert!(
        std::env::var_os("REQUIRE_CLIENTS").is_none_or(|value| value != "1"),
        "{why}, and REQUIRE_CLIENTS=1 wants it"
    );
}
