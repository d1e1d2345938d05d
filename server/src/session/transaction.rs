//! `MULTI`, `EXEC`, `DISCARD`, `WATCH`, `UNWATCH`: there are no transactions, and nobody may take pipelined commands for one.
//!
//! ```text
//!   MULTI   -> +OK
//!   INCR k  -> -ERR transactions are not supported ...      not run
//!   EXEC    -> -EXECABORT Transaction discarded because of previous errors.
//! ```
//!
//! Clients send a transaction in one go, and look at the replies later: redis-py's `pipeline()` does by default. Were MULTI an unknown command, what stands
//! behind it would be run one by one, and the client be told that it failed: the next try counts twice. So a transaction is opened, as in Redis,
//! and fails as one in Redis does into which a wrong command was put: at EXEC, with nothing changed.
//!
//! Refused: an error for MULTI, and for all that follows it. A client that waits for the answer to MULTI sends no EXEC or DISCARD then; its connection would refuse
//! whatever comes next, for ever.
//!
//! They are not in the table of commands: `COMMAND` lists what there is.

use circlet_resp::{Args, ReplyBuf};

/// Whether a connection is between MULTI and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Transaction {
    /// It is not.
    #[default]
    None,
    /// It is, and has sent no command yet.
    Empty,
    /// It is, and was refused commands.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Multi,
    Exec,
    Discard,
    Watch,
    Unwatch,
}

const WORDS: [(&str, Word); 5] = [
    ("multi", Word::Multi),
    ("exec", Word::Exec),
    ("discard", Word::Discard),
    ("watch", Word::Watch),
    ("unwatch", Word::Unwatch),
];

/// Whether a command that is in no table is one of a transaction.
pub(crate) fn is_word(args: Args<'_>) -> bool {
    word(args).is_some()
}

fn word(args: Args<'_>) -> Option<(&'static str, Word)> {
    let is_it = |(name, _): &&(&str, Word)| args.name().eq_ignore_ascii_case(name.as_bytes());
    WORDS.iter().find(is_it).copied()
}

impl Transaction {
    /// Whether this command is answered by [`Self::answer`], and not run: all but what ends the connection or puts it back.
    pub(crate) fn holds(self, args: Args<'_>) -> bool {
        let ends = |name: &[u8]| args.name().eq_ignore_ascii_case(name);
        self != Self::None && !ends(b"quit") && !ends(b"reset")
    }

    /// Answers a command of a transaction, or one inside of it. Where there is one, in Redis's words.
    pub(crate) fn answer(&mut self, args: Args<'_>, replies: &mut ReplyBuf) {
        let open = *self != Self::None;
        let Some((name, word)) = word(args) else {
            *self = Self::Failed;
            return replies.error(
                "ERR transactions are not supported: this was not done, and EXEC will do nothing. Send it without MULTI",
            );
        };
        if (word == Word::Watch) != (args.len() > 1) {
            self.fail();
            return replies.error_display(&format_args!("ERR wrong number of arguments for '{name}' command"));
        }
        match word {
            Word::Multi if open => replies.error("ERR MULTI calls can not be nested"),
            Word::Watch if open => replies.error("ERR WATCH inside MULTI is not allowed"),
            Word::Exec | Word::Discard if !open => {
                replies.error_display(&format_args!("ERR {} without MULTI", name.to_ascii_uppercase()));
            }
            Word::Watch => replies.error("ERR WATCH is not supported: there are no transactions"),
            Word::Multi => {
                *self = Self::Empty;
                replies.ok();
            }
            Word::Exec if *self == Self::Failed => {
                *self = Self::None;
                replies.error("EXECABORT Transaction discarded because of previous errors.");
            }
            Word::Exec => {
                *self = Self::None;
                replies.array(0);
            }
            Word::Discard => {
                *self = Self::None;
                replies.ok();
            }
            Word::Unwatch => replies.ok(),
        }
    }

    fn fail(&mut self) {
        if *self != Self::None {
            *self = Self::Failed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_resp::{Batch, Limits, RequestParser};

    /// What is answered to lines of words; `run` where the command is none of a transaction's business.
    fn answers(lines: &[&str]) -> Vec<String> {
        let mut transaction = Transaction::default();
        let mut answer = |line: &&str| {
            let (mut parser, mut batch) = (RequestParser::new(Limits::default()), Batch::new());
            let (frame, mut replies) = (format!("{line}\r\n").into_bytes(), ReplyBuf::default());
            parser.parse(&frame, &mut batch, 1).expect("good input");
            let args = batch.args(0, &frame);
            if !transaction.holds(args) && !is_word(args) {
                return "run".to_owned();
            }
            transaction.answer(args, &mut replies);
            String::from_utf8(replies.take()).expect("ASCII").trim_end().to_owned()
        };
        lines.iter().map(&mut answer).collect()
    }

    #[test]
    fn nothing_between_multi_and_exec_is_run_and_exec_says_that_it_was_not() {
        let refused =
            "-ERR transactions are not supported: this was not done, and EXEC will do nothing. Send it without MULTI";
        let aborted = "-EXECABORT Transaction discarded because of previous errors.";
        assert_eq!(
            answers(&["INCR k", "multi", "INCR k", "NOSUCH", "EXEC", "INCR k", "EXEC"]),
            [
                "run",
                "+OK",
                refused,
                refused,
                aborted,
                "run",
                "-ERR EXEC without MULTI"
            ]
        );
        assert_eq!(
            answers(&["MULTI", "GET k", "DISCARD", "GET k"]),
            ["+OK", refused, "+OK", "run"]
        );
        assert_eq!(answers(&["MULTI", "EXEC", "GET k"]), ["+OK", "*0", "run"]);
    }

    #[test]
    fn words_out_of_place_are_refused_in_the_words_of_redis() {
        assert_eq!(
            answers(&["DISCARD", "MULTI", "MULTI", "WATCH k", "EXEC"]),
            [
                "-ERR DISCARD without MULTI",
                "+OK",
                "-ERR MULTI calls can not be nested",
                "-ERR WATCH inside MULTI is not allowed",
                "*0"
            ]
        );
        assert_eq!(
            answers(&["MULTI", "EXEC now", "EXEC", "WATCH", "UNWATCH", "WATCH k"]),
            [
                "+OK",
                "-ERR wrong number of arguments for 'exec' command",
                "-EXECABORT Transaction discarded because of previous errors.",
                "-ERR wrong number of arguments for 'watch' command",
                "+OK",
                "-ERR WATCH is not supported: there are no transactions"
            ]
        );
    }

    #[test]
    fn a_connection_ends_or_begins_anew_inside_a_transaction_too() {
        assert_eq!(answers(&["MULTI", "RESET", "quit"]), ["+OK", "run", "run"]);
    }
}
