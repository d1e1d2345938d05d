//! Commands that are the sum of what they do to each key: MGET, MSET, DEL, UNLINK, EXISTS, TOUCH.
//!
//! ```text
//!   MGET a b c --> split: a | b | c --> each key's part, wherever the key lives --> combine: [va, vb, vc]
//! ```
//!
//! A part is a command on one key: it runs under that key's arc's lock, and may be forwarded. Parts of one arc keep their
//! order, so a key that is named twice is seen in order. The parts together are not atomic, which on several slots no
//! cluster promises; docs/design/commands.md.

use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};

use super::error::CommandError;
use super::{KeyHandler, key, string};

/// How a command on several keys is split, and its answer put together.
#[derive(Debug, Clone, Copy)]
pub struct FanOut {
    part: KeyHandler,
    args_per_key: usize,
    combine: Combine,
    command: &'static str,
}

/// How the answers of the parts become the answer of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// One array of all answers, in the order of the keys.
    Array,
    /// The sum of the answers, which are integers.
    Sum,
    /// `OK`, as all of them answer.
    Ok,
}

/// How a command is split into its keys; `None` if it is not one of those.
#[must_use]
pub fn fan_out(id: CommandId) -> Option<FanOut> {
    let (part, args_per_key, combine, command): (KeyHandler, _, _, _) = match id {
        CommandId::Mget => (string::get::part_of_mget, 1, Combine::Array, "mget"),
        CommandId::Mset => (string::mset::part_of_mset, 2, Combine::Ok, "mset"),
        CommandId::Del => (key::del::part_of_del, 1, Combine::Sum, "del"),
        CommandId::Unlink => (key::del::part_of_del, 1, Combine::Sum, "unlink"),
        CommandId::Exists => (key::exists::part_of_exists, 1, Combine::Sum, "exists"),
        CommandId::Touch => (key::exists::part_of_exists, 1, Combine::Sum, "touch"),
        _ => return None,
    };
    Some(FanOut {
        part,
        args_per_key,
        combine,
        command,
    })
}

impl FanOut {
    /// Executes one part. Its arguments are `args[1]`, the key, and in MSET `args[2]`, the value; what `args[0]` is does
    /// not matter, nor what follows.
    #[must_use]
    pub fn part(&self) -> KeyHandler {
        self.part
    }

    /// How many arguments belong to each key, itself included: 2 in MSET, else 1.
    #[must_use]
    pub fn args_per_key(&self) -> usize {
        self.args_per_key
    }

    /// How the parts' answers are put together.
    #[must_use]
    pub fn combine(&self) -> Combine {
        self.combine
    }

    /// The parts of a command from the key numbered `first` on, counted from 0, in order: each is what [`FanOut::part`] takes, and
    /// begins one argument before its key. It costs the same wherever it begins.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongArity`] if the last key lacks its value. Nothing may be executed then.
    pub fn split<'a>(
        &self,
        args: Args<'a>,
        first: usize,
    ) -> Result<impl ExactSizeIterator<Item = Args<'a>> + use<'a>, CommandError> {
        let step = self.args_per_key;
        let count = args.len().saturating_sub(1);
        if !count.is_multiple_of(step) {
            return Err(CommandError::WrongArity(self.command));
        }
        Ok((first..count / step).map(move |part| args.skip(part * step)))
    }
}

impl Combine {
    /// Writes the command's answer from those of its parts, in the order of the keys: each is one whole RESP reply, and they stand in
    /// `parts` one after the other, up to their `ends`. If a part answered with an error, the first one is the answer.
    pub fn write(self, parts: &ReplyBuf, ends: &[usize], reply: &mut ReplyBuf) {
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let ranges = starts.zip(ends).map(|(start, end)| start..*end);
        let bytes = parts.as_bytes();
        if let Some(error) = ranges.clone().find(|range| bytes.get(range.start) == Some(&b'-')) {
            reply.append_range(parts, error);
            return;
        }
        match self {
            Combine::Array => {
                reply.array(ends.len());
                reply.append_range(parts, 0..parts.len());
            }
            Combine::Sum => reply.integer(ranges.map(|range| integer_of(&bytes[range])).sum()),
            Combine::Ok => reply.ok(),
        }
    }
}

/// The number in an integer reply, which each part of a sum answers.
fn integer_of(part: &[u8]) -> i64 {
    let digits = part.strip_prefix(b":").and_then(|rest| rest.strip_suffix(b"\r\n"));
    let number = digits.and_then(super::pure::number::parse_integer);
    debug_assert!(number.is_some(), "a part of a sum answers an integer");
    number.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::test_args::with_args;

    fn parts_from(first: usize, id: CommandId, line: &str) -> Result<Vec<Vec<String>>, CommandError> {
        let fan_out = fan_out(id).expect("a command that fans out");
        with_args(line, |args| {
            let text = |arg: &[u8]| String::from_utf8_lossy(arg).into_owned();
            let parts = fan_out.split(args, first)?;
            Ok(parts
                .map(|part| part.skip(1).iter().take(fan_out.args_per_key()).map(text).collect())
                .collect())
        })
    }

    fn parts_of(id: CommandId, line: &str) -> Result<Vec<Vec<String>>, CommandError> {
        parts_from(0, id, line)
    }

    #[test]
    fn a_command_can_be_split_from_any_key_on() {
        let pairs = |first| parts_from(first, CommandId::Mset, "mset a 1 b 2 c 3");
        assert_eq!(
            pairs(1),
            Ok(vec![vec!["b".into(), "2".into()], vec!["c".into(), "3".into()]])
        );
        assert_eq!(pairs(3), Ok(vec![]), "behind the last key is nothing");
    }

    #[test]
    fn a_command_is_split_into_its_keys_in_order() {
        assert_eq!(
            parts_of(CommandId::Del, "del a b a"),
            Ok(vec![vec!["a".into()], vec!["b".into()], vec!["a".into()]])
        );
        assert_eq!(
            parts_of(CommandId::Mset, "mset a 1 b 2"),
            Ok(vec![vec!["a".into(), "1".into()], vec!["b".into(), "2".into()]])
        );
    }

    #[test]
    fn a_key_without_its_value_is_refused_before_anything_is_done() {
        assert_eq!(
            parts_of(CommandId::Mset, "mset a 1 b"),
            Err(CommandError::WrongArity("mset"))
        );
    }

    fn combined(combine: Combine, parts: &[&str]) -> String {
        let (mut reply, mut all) = (ReplyBuf::default(), ReplyBuf::default());
        let ends: Vec<usize> = parts
            .iter()
            .map(|part| {
                all.raw(part.as_bytes());
                all.len()
            })
            .collect();
        combine.write(&all, &ends, &mut reply);
        String::from_utf8(reply.take()).expect("ASCII")
    }

    #[test]
    fn answers_are_put_together() {
        assert_eq!(
            combined(Combine::Array, &["$1\r\na\r\n", "$-1\r\n"]),
            "*2\r\n$1\r\na\r\n$-1\r\n"
        );
        assert_eq!(combined(Combine::Sum, &[":1\r\n", ":0\r\n", ":1\r\n"]), ":2\r\n");
        assert_eq!(combined(Combine::Ok, &["+OK\r\n", "+OK\r\n"]), "+OK\r\n");
    }

    #[test]
    fn the_first_error_of_a_part_is_the_answer() {
        for combine in [Combine::Array, Combine::Sum, Combine::Ok] {
            assert_eq!(combined(combine, &["-A\r\n", "-B\r\n"]), "-A\r\n");
        }
    }
}
