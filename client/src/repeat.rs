//! What may be sent again.

use crate::cmd::Cmd;
use crate::error::{Error, ErrorKind};
use circlet_resp::command::{CommandSpec, Flag, sets_unconditionally};

/// What may be done with a command whose fate is not known: the connection was lost, or no answer came in time.
///
/// | commands | class | sent again |
/// |---|---|---|
/// | all that Redis flags `readonly`; those without keys and not for operators (PING, CLUSTER INFO ..) | [`Read`](Repeat::Read) | always |
/// | SET without NX, XX, GET; SETEX, PSETEX, MSET | [`Overwrite`](Repeat::Overwrite) | when the connection was lost or the answer was WRITETIMEOUT, unless [`RetryOptions::overwrites`](crate::RetryOptions) is off; not when no answer came |
/// | everything else: INCR, LPUSH, SADD, DEL (whose answer would differ), EXPIRE, unknown commands .. | [`Never`](Repeat::Never) | only if the call says [`repeatable`](crate::Call::repeatable) |
///
/// A SET that got no answer may wait in a node that stands still, and be executed when that one wakes up, above a later SET of the same task that was
/// acknowledged elsewhere. So it is an error ([`TimedOut`](crate::ErrorKind::TimedOut)), for the caller to decide.
///
/// What was certainly *not* executed is repeated whatever the command: requests that were not sent, `NOQUORUM`, `BUSY`, `LOADING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// Changes nothing.
    Read,
    /// Leaves the same state and gives the same answer when executed twice in a row. Between the two another client's write may be undone.
    Overwrite,
    /// Twice is not once.
    Never,
}

impl Repeat {
    /// The class of a command.
    #[must_use]
    pub fn of(cmd: &Cmd) -> Self {
        cmd.spec().map_or(Repeat::Never, |spec| Self::of_spec(spec, cmd))
    }

    /// Whether making a call of this class again after this error is safe: the table above, and whatever certainly changed nothing. The client has done so already, as
    /// often and as long as its options allow; with [`RetryOptions::overwrites`](crate::RetryOptions) on, as it is by default.
    #[must_use]
    pub fn is_safe_after(self, error: &Error) -> bool {
        error.is_retryable()
            || match self {
                Repeat::Read => error.may_have_happened(),
                Repeat::Overwrite => matches!(error.kind(), ErrorKind::Lost | ErrorKind::WriteTimeout),
                Repeat::Never => false,
            }
    }

    pub(crate) fn of_spec(spec: &CommandSpec, cmd: &Cmd) -> Self {
        let is_plain = !spec.is_write() && !spec.has(Flag::Admin) && !spec.has(Flag::Blocking);
        if is_plain && (spec.has(Flag::Readonly) || !spec.has_keys()) {
            Repeat::Read
        } else if sets_unconditionally(spec.id(), cmd.args()) {
            Repeat::Overwrite
        } else {
            Repeat::Never
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd;
    use circlet_resp::command::all;

    #[test]
    fn the_table_holds() {
        let class = |line: &str| {
            let mut words = line.split(' ');
            let first = cmd(words.next().unwrap());
            Repeat::of(&words.fold(first, |cmd, word| cmd.arg(word)))
        };
        for line in [
            "GET k",
            "MGET a b",
            "PING",
            "SCAN 0",
            "CLUSTER TOPOLOGY",
            "HGETALL k",
            "SORT_RO k",
        ] {
            assert_eq!(class(line), Repeat::Read, "{line}");
        }
        for line in ["SET k v", "SET k v EX 1", "SETEX k 1 v", "MSET a 1"] {
            assert_eq!(class(line), Repeat::Overwrite, "{line}");
        }
        for line in [
            "SET k v NX",
            "INCR k",
            "DEL k",
            "BLPOP k 0",
            "CONFIG SET a b",
            "FLUSHALL",
            "CLUSTER LEAVE x",
            "WHATEVER",
        ] {
            assert_eq!(class(line), Repeat::Never, "{line}");
        }
    }

    #[test]
    fn what_is_safe_after_an_error_is_what_the_table_says() {
        let after = |class: Repeat, kind| class.is_safe_after(&Error::new(kind, "x"));
        use ErrorKind::{Lost, NoQuorum, TimedOut, WriteTimeout, WrongType};
        for (class, safe) in [
            (Repeat::Read, [true, true, true, true, false]),
            (Repeat::Overwrite, [true, true, true, false, false]),
            (Repeat::Never, [true, false, false, false, false]),
        ] {
            let seen = [NoQuorum, Lost, WriteTimeout, TimedOut, WrongType].map(|kind| after(class, kind));
            assert_eq!(seen, safe, "{class:?}");
        }
    }

    #[test]
    fn nothing_that_writes_is_repeated_as_a_read() {
        for spec in all().iter().filter(|spec| spec.is_write()) {
            assert_ne!(Repeat::of_spec(spec, &cmd("x")), Repeat::Read, "{}", spec.name());
        }
    }
}
