//! Why a call failed.

use std::fmt;

/// Why a call failed: [`kind`](Error::kind) says what happened, [`is_retryable`](Error::is_retryable) whether making the same call again is safe
/// whatever the command, [`shortfall`](Error::shortfall) how many replicas were wanted and how many answered.
///
/// The client has already retried what is safe to repeat, as often and as long as the options allow.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug, Clone, PartialEq)]
struct Inner {
    kind: ErrorKind,
    text: String,
    shortfall: Option<Shortfall>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No node could be reached. Nothing was executed.
    Unreachable,
    /// The connection was lost after the command may have been sent: it may have been executed.
    Lost,
    /// No answer in time: the command may have been executed.
    TimedOut,
    /// Too few replicas are alive for the level (`NOQUORUM`). Nothing was changed.
    NoQuorum,
    /// Too few replicas acknowledged the write in time (`WRITETIMEOUT`): it may have been executed, and may yet spread.
    WriteTimeout,
    /// Too few replicas answered the read in time (`READTIMEOUT`). Nothing was changed.
    ReadTimeout,
    /// The node sheds load (`BUSY`). Nothing was executed.
    Busy,
    /// The node has not loaded its data, or sends the caller elsewhere (`LOADING`, `MOVED`, `TRYAGAIN`, `CLUSTERDOWN`). Nothing was executed.
    NotNow,
    /// The node holds as much as it may (`OOM`). Nothing was executed.
    OutOfMemory,
    /// The key holds another type than the command works on (`WRONGTYPE`).
    WrongType,
    /// The node wants a password, or another one (`NOAUTH`, `WRONGPASS`, `NOPERM`).
    Denied,
    /// The command's keys are in different slots (`CROSSSLOT`).
    CrossSlot,
    /// The node answered with another error; its first word is its [code](Error::code).
    Refused,
    /// The node sent what is no reply: it is no Circlet, or no Redis.
    Protocol,
    /// The reply is no value of the type that was asked for.
    Conversion,
    /// The call itself makes no sense; nothing was sent.
    Usage,
}

/// How many replicas an operation needed, and how many did their part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortfall {
    /// Replicas that the level needs.
    pub required: u32,
    /// Replicas that were alive, acknowledged or answered.
    pub achieved: u32,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Error {
            inner: Box::new(Inner {
                kind,
                text: text.into(),
                shortfall: None,
            }),
        }
    }

    /// An error that a node answered with.
    pub(crate) fn answered(text: String) -> Self {
        let kind = match text.split(' ').next().unwrap_or_default() {
            "NOQUORUM" => ErrorKind::NoQuorum,
            "WRITETIMEOUT" => ErrorKind::WriteTimeout,
            "READTIMEOUT" => ErrorKind::ReadTimeout,
            "BUSY" => ErrorKind::Busy,
            "LOADING" | "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" => ErrorKind::NotNow,
            "OOM" => ErrorKind::OutOfMemory,
            "WRONGTYPE" => ErrorKind::WrongType,
            "NOAUTH" | "WRONGPASS" | "NOPERM" => ErrorKind::Denied,
            "CROSSSLOT" => ErrorKind::CrossSlot,
            _ => ErrorKind::Refused,
        };
        let shortfall = match kind {
            ErrorKind::NoQuorum => two_numbers(&text),
            ErrorKind::WriteTimeout | ErrorKind::ReadTimeout => two_numbers(&text).map(|found| Shortfall {
                required: found.achieved,
                achieved: found.required,
            }),
            _ => None,
        };
        Error {
            inner: Box::new(Inner { kind, text, shortfall }),
        }
    }

    pub(crate) fn conversion(wanted: &str, got: &circlet_resp::Value) -> Self {
        let mut shown = match got.as_bytes() {
            Some(bytes) => format!("\"{}\"", bytes.escape_ascii()),
            None => format!("{got:?}"),
        };
        if let Some((end, _)) = shown.char_indices().nth(80) {
            shown.truncate(end);
            shown.push('…');
        }
        Self::new(ErrorKind::Conversion, format!("the reply is no {wanted}: {shown}"))
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The first word of an error that a node answered with, such as `WRONGTYPE` or `ERR`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        let is_local = matches!(
            self.inner.kind,
            ErrorKind::Unreachable
                | ErrorKind::Lost
                | ErrorKind::TimedOut
                | ErrorKind::Protocol
                | ErrorKind::Conversion
                | ErrorKind::Usage
        );
        (!is_local).then(|| self.inner.text.split(' ').next().unwrap_or_default())
    }

    /// How many replicas were needed and how many did their part, where the node said so.
    #[must_use]
    pub fn shortfall(&self) -> Option<Shortfall> {
        self.inner.shortfall
    }

    /// Whether the command certainly changed nothing, and may succeed later: making the call again cannot execute it twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.inner.kind,
            ErrorKind::Unreachable | ErrorKind::NoQuorum | ErrorKind::ReadTimeout | ErrorKind::Busy | ErrorKind::NotNow
        )
    }

    /// Whether the command may have been executed although the call failed.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        matches!(
            self.inner.kind,
            ErrorKind::Lost | ErrorKind::TimedOut | ErrorKind::WriteTimeout
        )
    }
}

/// The first two numbers of a text, as in `need 2 of 3 replicas, 1 alive` (the last is what there is) and `acked 1 of 2`.
fn two_numbers(text: &str) -> Option<Shortfall> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let numbers: Vec<u32> = words.filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [required, .., achieved] => Some(Shortfall { required, achieved }),
        _ => None,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.inner.text)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_certainly_changed_nothing_is_retryable() {
        let retryable = |text: &str| Error::answered(text.to_owned()).is_retryable();
        assert!(retryable("NOQUORUM need 2 of 3 replicas, 1 alive"));
        assert!(retryable("READTIMEOUT answered 1 of 2"));
        assert!(retryable("LOADING the dataset"));
        assert!(!retryable("WRITETIMEOUT acked 1 of 2"));
        assert!(!retryable(
            "WRONGTYPE Operation against a key holding the wrong kind of value"
        ));
        assert!(!Error::new(ErrorKind::Lost, "gone").is_retryable());
        assert!(Error::new(ErrorKind::Unreachable, "none").is_retryable());
    }

    #[test]
    fn a_reply_of_another_type_is_shown_as_it_reads() {
        let text = |got: circlet_resp::Value| Error::conversion("i64", &got).to_string();
        let long = circlet_resp::Value::Bulk([b"b\xff".as_slice(), &[b'x'; 200]].concat());
        assert!(text(circlet_resp::Value::Bulk(b"ten".to_vec())).ends_with("the reply is no i64: \"ten\""));
        assert!(text(long).contains("\"b\\xffxxx"));
        assert!(text(circlet_resp::Value::Null).ends_with("Null"));
    }

    #[test]
    fn what_was_needed_and_what_there_was_are_read_from_the_texts() {
        let shortfall = |text: &str| Error::answered(text.to_owned()).shortfall();
        let of = |required, achieved| Some(Shortfall { required, achieved });
        assert_eq!(shortfall("NOQUORUM need 2 of 3 replicas, 1 alive"), of(2, 1));
        assert_eq!(shortfall("WRITETIMEOUT acked 1 of 2"), of(2, 1));
        assert_eq!(shortfall("READTIMEOUT answered 1 of 3"), of(3, 1));
        assert_eq!(
            shortfall("NOQUORUM no owner of the key that has caught up can be reached"),
            None
        );
        assert_eq!(shortfall("ERR need 2 of 3"), None);
    }

    #[test]
    fn a_code_is_what_a_node_said() {
        assert_eq!(Error::answered("WRONGTYPE no".into()).code(), Some("WRONGTYPE"));
        assert_eq!(Error::new(ErrorKind::Lost, "the connection").code(), None);
    }
}
