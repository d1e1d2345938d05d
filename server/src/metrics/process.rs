//! What the operating system says this process uses.

use std::time::Duration;

/// Memory and processor time of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProcessUsage {
    /// Bytes of memory in use, shared pages included.
    pub resident_bytes: u64,
    /// The most that it has been.
    pub resident_bytes_peak: u64,
    /// Processor time of all threads.
    pub cpu: Duration,
    /// Threads.
    pub threads: u64,
    /// Open files, sockets included.
    pub open_files: u64,
}

/// Reads `/proc/self`; what cannot be read is zero. Some 50 microseconds: for a scrape, not for a command.
#[must_use]
pub fn usage() -> ProcessUsage {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let mut usage = parse_status(&read("status"));
    // Nanoseconds on a processor, of each thread: `stat` counts only in hundredths of a second.
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let schedstats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    let nanos = schedstats.filter_map(|text| text.split(' ').next()?.parse::<u64>().ok());
    usage.cpu = Duration::from_nanos(nanos.sum());
    usage.open_files = std::fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as u64);
    usage
}

fn parse_status(status: &str) -> ProcessUsage {
    let field = |name: &str| {
        let row = status.lines().find_map(|row| row.strip_prefix(name)?.strip_prefix(':'));
        row.and_then(|row| row.split_whitespace().next()?.parse::<u64>().ok())
            .unwrap_or(0)
    };
    ProcessUsage {
        resident_bytes: field("VmRSS") * 1_024,
        resident_bytes_peak: field("VmHWM") * 1_024,
        threads: field("Threads"),
        ..ProcessUsage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_status_are_read_by_their_whole_names() {
        let status = "VmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreadsX:\t9\nThreads:\t3\n";
        let usage = parse_status(status);
        assert_eq!(
            (usage.resident_bytes, usage.resident_bytes_peak, usage.threads),
            (1 << 20, 2 << 20, 3)
        );
    }

    #[test]
    fn this_process_uses_something() {
        let usage = usage();
        assert!(
            usage.resident_bytes > 0 && usage.threads > 0 && usage.open_files > 0,
            "{usage:?}"
        );
    }
}
