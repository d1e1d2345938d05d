//! Which writes may be sent twice when nobody knows whether the first one was executed.

use super::table::CommandId;
use crate::Args;

/// Whether the command writes a whole value whatever was there, and answers the same each time: SET without a condition
/// and without GET, SETEX, PSETEX, MSET. Everything else that writes is not to be repeated unasked.
#[must_use]
pub fn sets_unconditionally(id: CommandId, args: Args<'_>) -> bool {
    match id {
        CommandId::Setex | CommandId::Psetex | CommandId::Mset => true,
        CommandId::Set => {
            let depends = |option: &[u8]| {
                [&b"nx"[..], b"xx", b"get"]
                    .iter()
                    .any(|name| option.eq_ignore_ascii_case(name))
            };
            // An option's number never reads as one of those, so all words behind the value can be looked at alike.
            !args.skip(3).iter().any(depends)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{all, resolve};
    use crate::{Batch, Limits, RequestParser};

    fn with_args<T>(line: &str, then: impl FnOnce(Args<'_>) -> T) -> T {
        let (mut parser, mut batch) = (RequestParser::new(Limits::default()), Batch::new());
        let bytes = format!("{line}\r\n").into_bytes();
        parser.parse(&bytes, &mut batch, 1).expect("a command");
        then(batch.args(0, &bytes))
    }

    fn repeatable(line: &str) -> bool {
        with_args(line, |args| {
            sets_unconditionally(resolve(args).expect("a command").id(), args)
        })
    }

    #[test]
    fn a_set_that_looks_at_what_was_there_is_not_repeated() {
        for line in [
            "SET k v",
            "SET get nx",
            "set k v EX 10",
            "set k v keepttl",
            "SETEX k 1 v",
            "PSETEX k 1 v",
            "MSET a 1 b 2",
        ] {
            assert!(repeatable(line), "{line}");
        }
        for line in [
            "SET k v NX",
            "SET k v ex 10 xx",
            "SET k v gEt",
            "SETNX k v",
            "GETSET k v",
            "INCR k",
            "APPEND k v",
            "DEL k",
        ] {
            assert!(!repeatable(line), "{line}");
        }
    }

    #[test]
    fn what_is_repeated_is_a_write() {
        with_args("x k v", |args| {
            for spec in all().iter().filter(|spec| sets_unconditionally(spec.id(), args)) {
                assert!(spec.is_write(), "{}", spec.name());
            }
        });
    }
}
