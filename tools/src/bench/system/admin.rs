//! One command to one node, on a connection of its own.

use crate::ask::exchange;
use crate::failure::Failure;
use circlet_resp::Value;
use std::net::SocketAddr;
use std::time::Duration;

/// How long a node may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends a command and waits for its answer.
///
/// # Errors
/// When the node cannot be reached or answers an error: the text names the command and says what was answered.
pub(crate) fn call(at: SocketAddr, command: &[&str]) -> Result<Value, Failure> {
    let what = || format!("{} at {at}", command.join(" "));
    match exchange(at, command, ANSWER_TIMEOUT) {
        Ok(Value::Error(text)) => Err(Failure::new(format!("{} is refused: {text}", what()))),
        Ok(value) => Ok(value),
        Err(error) => Err(Failure::because(format!("{} has no answer", what()), error)),
    }
}

/// The answer as text; empty for anything that is none.
pub(crate) fn text(at: SocketAddr, command: &[&str]) -> Result<String, Failure> {
    let value = call(at, command)?;
    Ok(value
        .as_bytes()
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .unwrap_or_default())
}

/// A field of INFO as a number; 0 when there is none.
pub(crate) fn info_number(at: SocketAddr, section: &str, field: &str) -> u64 {
    let info = text(at, &["INFO", section]).unwrap_or_default();
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|number| number.trim().parse().ok()).unwrap_or_default()
}
