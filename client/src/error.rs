//! Why a call failed.

use std::fmt;

/// Why a call failed; [`Error::kind`] says what happened, [`Error::is_retryable`] whether the same call may be made again.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    text: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No node could be reached. Nothing was sent.
    Unreachable,
    /// The connection was lost after the command may have been sent: it may have been executed.
    Lost,
    /// No answer in time: the command may have been executed.
    TimedOut,
    /// The node answered with an error; its first word is its code.
    Refused,
    /// The node sent what is no reply: it is no Circlet, or no Redis.
    Protocol,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Error {
            kind,
            text: text.into(),
        }
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the command was certainly not executed, so that making the call again cannot execute it twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            ErrorKind::Unreachable => true,
            // Refused before anything was changed.
            ErrorKind::Refused => ["NOQUORUM", "BUSY", "LOADING"]
                .iter()
                .any(|code| self.text.starts_with(code)),
            ErrorKind::Lost | ErrorKind::TimedOut | ErrorKind::Protocol => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_certainly_not_executed_is_retryable() {
        let refused = |text| Error::new(ErrorKind::Refused, text).is_retryable();
        assert!(refused("NOQUORUM need 2 of 3 replicas, 1 alive"));
        assert!(!refused("WRITETIMEOUT acked 1 of 2"));
        assert!(!refused(
            "WRONGTYPE Operation against a key holding the wrong kind of value"
        ));
        assert!(!Error::new(ErrorKind::Lost, "gone").is_retryable());
        assert!(Error::new(ErrorKind::Unreachable, "none").is_retryable());
    }
}
