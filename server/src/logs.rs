//! Logs: events of `tracing`, as lines for people or as JSON, with a level that changes while the node runs.
//!
//! Our own crates log at the level that is set, everybody else's at most at `warn`: at `debug`, hyper alone writes
//! more than the whole node. Events are written where they happen, under a lock: the hot path logs nothing, and a
//! line that is written later is missing exactly when a node dies.

use crate::config::{LogFormat, LogLevel, Observability};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload;
use tracing_subscriber::{Layer as _, Registry};

/// The prefix of our own crates' targets.
const OURS: &str = "circlet";

/// Changes what is logged.
#[derive(Debug, Clone)]
pub struct Logs {
    filter: reload::Handle<Targets, Registry>,
}

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The log file cannot be opened.
    #[error("log-file {path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// Another part of the process logs already.
    #[error("logging has been started before")]
    Started,
}

impl Logs {
    /// Starts logging, as the settings say, for the whole process.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, or if the process logs already.
    pub fn start(settings: &Observability) -> Result<Self, LogsError> {
        let writer = if settings.log_file.as_os_str().is_empty() {
            Writer {
                make: BoxMakeWriter::new(io::stderr),
                colours: io::stderr().is_terminal(),
            }
        } else {
            let file = open(settings)?;
            Writer {
                make: BoxMakeWriter::new(Mutex::new(file)),
                colours: false,
            }
        };
        let (subscriber, logs) = subscriber(settings.log_level, settings.log_format, writer);
        tracing::subscriber::set_global_default(subscriber).map_err(|_| LogsError::Started)?;
        Ok(logs)
    }

    /// Logs from now on what is at least as severe as `level`.
    pub fn set_level(&self, level: LogLevel) {
        // Fails only when the subscriber is gone, and then nothing is logged at any level.
        let _ = self.filter.reload(targets(level));
    }
}

fn open(settings: &Observability) -> Result<File, LogsError> {
    let path = &settings.log_file;
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map_err(|error| LogsError::File {
        path: path.display().to_string(),
        error,
    })
}

/// Where lines go, and whether whoever reads them likes colours.
struct Writer {
    make: BoxMakeWriter,
    colours: bool,
}

fn subscriber(level: LogLevel, format: LogFormat, writer: Writer) -> (Arc<dyn Subscriber + Send + Sync>, Logs) {
    let (filter, handle) = reload::Layer::new(targets(level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer.make)
        .with_ansi(writer.colours);
    let registry = tracing_subscriber::registry();
    let subscriber: Arc<dyn Subscriber + Send + Sync> = match format {
        LogFormat::Human => Arc::new(registry.with(lines.with_filter(filter))),
        LogFormat::Json => {
            let json = lines.json().flatten_event(true).with_current_span(false);
            Arc::new(registry.with(json.with_filter(filter)))
        }
    };
    (subscriber, Logs { filter: handle })
}

fn targets(level: LogLevel) -> Targets {
    let ours = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // A greater filter lets more through.
    Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        .with_target(OURS, ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Lines in memory.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }

        fn writer(&self) -> Writer {
            let lines = self.clone();
            Writer {
                make: BoxMakeWriter::new(move || lines.clone()),
                colours: false,
            }
        }
    }

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn with_logs(level: LogLevel, format: LogFormat, act: impl FnOnce(&Logs, &Lines)) {
        let lines = Lines::default();
        let (subscriber, logs) = subscriber(level, format, lines.writer());
        tracing::subscriber::with_default(subscriber, || act(&logs, &lines));
    }

    #[test]
    fn a_line_for_people_names_level_place_event_and_fields() {
        with_logs(LogLevel::Info, LogFormat::Human, |_, lines| {
            tracing::info!(peer = "b7", "link up");
            let line = lines.take();
            assert!(
                line.contains(" INFO circlet_server::logs::tests: link up peer=\"b7\""),
                "{line}"
            );
            assert!(!line.contains('\u{1b}'), "no colours in a file: {line:?}");
        });
    }

    #[test]
    fn json_is_one_object_a_line() {
        with_logs(LogLevel::Info, LogFormat::Json, |_, lines| {
            tracing::warn!(arc = 7, "digests differ\nhere");
            let line = lines.take();
            let event: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(
                (&event["level"], &event["arc"], &event["message"]),
                (&"WARN".into(), &7.into(), &"digests differ\nhere".into())
            );
            assert_eq!(line.lines().count(), 1);
        });
    }

    #[test]
    fn the_level_changes_while_the_node_runs() {
        with_logs(LogLevel::Info, LogFormat::Human, |logs, lines| {
            tracing::debug!("one");
            logs.set_level(LogLevel::Debug);
            tracing::debug!("two");
            logs.set_level(LogLevel::Error);
            tracing::warn!("three");
            let told = lines.take();
            assert_eq!(
                (told.contains("one"), told.contains("two"), told.contains("three")),
                (false, true, false)
            );
        });
    }

    #[test]
    fn other_crates_are_heard_only_when_it_matters() {
        with_logs(LogLevel::Trace, LogFormat::Human, |logs, lines| {
            tracing::debug!(target: "hyper::proto", "chatter");
            tracing::warn!(target: "hyper::proto", "trouble");
            logs.set_level(LogLevel::Error);
            tracing::warn!(target: "hyper::proto", "unheard");
            let told = lines.take();
            assert_eq!(
                (
                    told.contains("chatter"),
                    told.contains("trouble"),
                    told.contains("unheard")
                ),
                (false, true, false)
            );
        });
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_told_by_name() {
        let settings = Observability {
            log_file: "/no/such/dir/a.log".into(),
            ..Observability::default()
        };
        let refused = open(&settings).unwrap_err().to_string();
        assert!(refused.starts_with("log-file /no/such/dir/a.log: "), "{refused}");
    }
}
