//! All keys, batch by batch.

use super::args::ModeArgs;
use super::render::Style;
use super::session::Session;
use super::words::quote;
use crate::failure::Failure;
use crate::output::emit;
use circlet_resp::Value;
use std::thread;
use std::time::Duration;

/// Which keys, and how many at a time.
pub(crate) struct Wanted<'a> {
    pattern: Option<&'a str>,
    count: Option<u64>,
}

impl<'a> Wanted<'a> {
    /// What the command line says.
    pub(crate) fn of(mode: &'a ModeArgs) -> Self {
        Wanted {
            pattern: mode.pattern.as_deref(),
            count: mode.count,
        }
    }
}

/// A walk over the keys.
pub(crate) struct Scan<'a> {
    wanted: &'a Wanted<'a>,
    /// Where the next batch begins; `None` at the end.
    cursor: Option<Vec<u8>>,
}

impl<'a> Scan<'a> {
    /// From the first key.
    pub(crate) fn new(wanted: &'a Wanted<'a>) -> Self {
        Scan {
            wanted,
            cursor: Some(b"0".to_vec()),
        }
    }

    /// The next keys, perhaps none; `None` at the end.
    ///
    /// # Errors
    /// What the server says, or that it does not.
    pub(crate) fn next(&mut self, session: &mut Session) -> Result<Option<Vec<Value>>, Failure> {
        let Some(cursor) = self.cursor.take() else {
            return Ok(None);
        };
        let count = self.wanted.count.map(|count| count.to_string());
        let mut command: Vec<&[u8]> = vec![b"SCAN", &cursor];
        if let Some(pattern) = self.wanted.pattern {
            command.extend([b"MATCH", pattern.as_bytes()]);
        }
        if let Some(count) = &count {
            command.extend([b"COUNT", count.as_bytes()]);
        }
        match session.ask(&command)? {
            Value::Array(parts) => match <[Value; 2]>::try_from(parts) {
                Ok([Value::Bulk(next), Value::Array(keys)]) => {
                    self.cursor = Some(next).filter(|next| next != b"0");
                    Ok(Some(keys))
                }
                _ => Err(unexpected()),
            },
            _ => Err(unexpected()),
        }
    }
}

fn unexpected() -> Failure {
    Failure::new("an answer to SCAN that is none")
}

/// `--scan`
///
/// # Errors
/// What the server says, or that it does not.
pub(crate) fn list(session: &mut Session, wanted: &Wanted<'_>, interval: Option<Duration>) -> Result<(), Failure> {
    let quoted = session.options().style == Style::People;
    let mut scan = Scan::new(wanted);
    while let Some(keys) = scan.next(session)? {
        let mut lines = Vec::new();
        for key in keys.iter().filter_map(Value::as_bytes) {
            if quoted {
                quote(key, &mut lines);
            } else {
                lines.extend_from_slice(key);
            }
            lines.push(b'\n');
        }
        emit(lines);
        thread::sleep(interval.unwrap_or_default());
    }
    Ok(())
}
