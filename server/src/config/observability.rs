//! What a node tells of itself: logs, the slow log, the latency monitor.

use super::setting::settings;
use super::{Bounds, LogFormat, LogLevel, Micros, Millis};
use std::path::PathBuf;

settings! {
    /// Logs, the slow log and the latency monitor.
    pub struct Observability as observability {
        /// The least severe event that is logged: error, warn, info, debug or trace. Raising it: trace writes a line a message.
        "log-level" Live log_level: LogLevel = LogLevel::Info, Bounds::Any;
        /// How an event is written: human or json.
        "log-format" Restart log_format: LogFormat = LogFormat::Human, Bounds::Any;
        /// File that events are appended to. Empty: standard error.
        "log-file" Restart log_file: PathBuf = PathBuf::new(), Bounds::Range(0, 4_096);
        /// Microseconds from which a command enters the slow log. 0: each command; -1: none.
        "slowlog-log-slower-than" Live slowlog_slower_than: Micros = Micros(10_000), Bounds::Range(-1, i64::MAX);
        /// Entries that the slow log keeps, the newest. Raising it: up to some 4 KB an entry.
        "slowlog-max-len" Live slowlog_entries_max: u32 = 128, Bounds::Range(0, 1_000_000);
        /// Milliseconds from which an event enters the latency monitor. 0: none.
        "latency-monitor-threshold" Live latency_threshold: Millis = Millis(0), Bounds::Range(0, i64::MAX);
    }
}
