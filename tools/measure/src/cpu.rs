//! What a process has cost.

use std::{fs, io};

/// Nanoseconds that all threads of `pid` have run on a core.
///
/// `/proc/PID/task/*/schedstat` counts nanoseconds, one file a thread; `utime + stime` agree with it but tick at 10 ms. A thread that ends
/// takes its count with it.
///
/// # Errors
/// When there is no such process.
pub fn process_ns(pid: u32) -> io::Result<u64> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let path = thread?.path().join("schedstat");
        // A thread may end between the listing and the reading.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let no_times = || io::Error::other(format!("{} holds {text:?}, not CPU times", path.display()));
        total += parse_schedstat(&text).ok_or_else(no_times)?;
    }
    Ok(total)
}

/// Nanoseconds that this process has run on a core, threads that have ended included.
#[must_use]
pub fn own_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The first field: nanoseconds on a core.
fn parse_schedstat(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_the_first_field() {
        assert_eq!(parse_schedstat("123456789 42 7\n"), Some(123_456_789));
        assert_eq!(parse_schedstat(""), None);
    }

    #[test]
    fn this_process_has_run_and_one_that_is_gone_is_an_error() -> io::Result<()> {
        assert!(process_ns(std::process::id())? > 0);
        assert!(process_ns(u32::MAX).is_err());
        Ok(())
    }
}
