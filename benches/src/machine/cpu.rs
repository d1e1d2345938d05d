//! CPU clocks.
//!
//! Of a process: `circlet_measure::process_ns`. A thread that ends takes its count with it: no server measured here ends threads
//! under load.

use std::fs;
use std::time::Instant;

use crate::error::{Doing, Error, Result};

/// The clocks at one moment.
pub(crate) struct Reading {
    pub(crate) at: Instant,
    pub(crate) server_ns: u64,
    pub(crate) own_ns: u64,
    /// Core-seconds that the machine was not idle, since boot.
    pub(crate) machine_busy_s: f64,
}

impl Reading {
    pub(crate) fn take(server_pids: &[u32]) -> Result<Self> {
        let mut server_ns = 0;
        for &pid in server_pids {
            server_ns += process_ns(pid)?;
        }
        let own_ns = process_ns(std::process::id())?;
        Ok(Self {
            at: Instant::now(),
            server_ns,
            own_ns,
            machine_busy_s: machine_busy_s()?,
        })
    }
}

/// Nanoseconds that all threads of `pid` have run.
pub(crate) fn process_ns(pid: u32) -> Result<u64> {
    circlet_measure::process_ns(pid).doing(format_args!("reading the threads of {pid}"))
}

/// Core-seconds that the machine was not idle, since boot.
pub(crate) fn machine_busy_s() -> Result<f64> {
    let text = fs::read_to_string("/proc/stat").doing("reading /proc/stat")?;
    let ticks = parse_busy_ticks(&text).ok_or_else(|| Error::Answer("/proc/stat has no cpu line".to_owned()))?;
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The sum of the first line's fields but idle and iowait; guest time is in user time already.
fn parse_busy_ticks(text: &str) -> Option<u64> {
    const IDLE: usize = 3;
    const IOWAIT: usize = 4;
    const GUEST: usize = 8;
    let fields = text.lines().next()?.strip_prefix("cpu ")?;
    let mut busy = 0;
    for (index, field) in fields.split_ascii_whitespace().take(GUEST).enumerate() {
        let ticks: u64 = field.parse().ok()?;
        if index != IDLE && index != IOWAIT {
            busy += ticks;
        }
    }
    Some(busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_and_iowait_are_not_busy_and_guest_is_counted_once() {
        assert_eq!(
            parse_busy_ticks("cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 9 9"),
            Some(63)
        );
        assert_eq!(parse_busy_ticks("intr 1"), None);
    }

    #[test]
    fn this_process_has_run() -> Result<()> {
        assert!(process_ns(std::process::id())? > 0);
        Ok(())
    }

    #[test]
    fn a_process_that_is_gone_is_an_error_that_names_it() {
        let error = process_ns(u32::MAX).expect_err("no such process");
        assert!(error.to_string().contains("4294967295"), "{error}");
    }
}
