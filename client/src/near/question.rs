//! Which replies a near cache may keep, and how long they stay true of themselves.
//!
//! A reply is kept if it follows from one key alone: then the push that this key has changed is all that it takes to drop it. So reads of
//! several keys are not, nor what a second question would answer differently though nothing has changed: random members, cursors, times that are left. The list
//! names what is kept; a command that is new is not, until somebody has thought about it.
//!
//! ```text
//!   what changes without a push: time       what is asked in the same breath
//!   a key expires                           PTTL key
//!   fields that the command names expire    PTTL key, HPTTL key FIELDS ..
//!   any field of a hash expires             nothing can be: kept for a moment only
//! ```
//!
//! *Refused:* asking HPTTL for all fields that a reply has: a second way to the node, and as long as the reply.

use crate::cmd::{Cmd, cmd};
use circlet_resp::Value;
use circlet_resp::command::CommandId as Id;
use std::time::Duration;

/// A question whose reply may be kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'c> {
    cmd: &'c Cmd,
    name: &'c [u8],
    ends: Ends,
}

/// What GET is called. Not nothing: comparing empty slices, whose pointers point nowhere, costs 150 ns in a libc whose `memcmp` loads under a mask (AVX-512).
pub(super) const GET: &[u8] = b"G";

/// What ends a reply's time though nobody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Key,
    /// Or with one of the fields, the arguments from this place on.
    Fields {
        from: usize,
        to: usize,
    },
    /// Or with any field that the key may have.
    AnyField,
}

/// Where a kept command has its key.
const KEY: usize = 1;

impl<'c> Question<'c> {
    /// None if the reply is not to be kept.
    pub(super) fn of(cmd: &'c Cmd) -> Option<Self> {
        let (spec, args) = (cmd.spec()?, cmd.args());
        if !spec.check_arity(args.len()) {
            return None;
        }
        let ends = match spec.id() {
            Id::Get | Id::Strlen | Id::Getrange | Id::Substr | Id::Getbit | Id::Bitcount | Id::Bitpos => Ends::Key,
            Id::Llen | Id::Lindex | Id::Lrange | Id::Lpos => Ends::Key,
            Id::Scard | Id::Sismember | Id::Smismember | Id::Smembers => Ends::Key,
            Id::Zcard | Id::Zscore | Id::Zmscore | Id::Zcount | Id::Zlexcount | Id::Zrank | Id::Zrevrank => Ends::Key,
            Id::Zrange
            | Id::Zrevrange
            | Id::Zrangebyscore
            | Id::Zrevrangebyscore
            | Id::Zrangebylex
            | Id::Zrevrangebylex => Ends::Key,
            Id::Geopos | Id::Geodist | Id::Geohash | Id::Geosearch => Ends::Key,
            Id::Hget | Id::Hexists | Id::Hstrlen | Id::Hmget => Ends::Fields {
                from: KEY + 1,
                to: args.len(),
            },
            Id::Hgetall | Id::Hkeys | Id::Hvals | Id::Hlen => Ends::AnyField,
            // The last field of a hash takes the key with it.
            Id::Type => Ends::AnyField,
            Id::Exists if args.len() == KEY + 1 => Ends::AnyField,
            _ => return None,
        };
        let name = if spec.id() == Id::Get { GET } else { cmd.body() };
        Some(Question { cmd, name, ends })
    }

    /// The key that the reply follows from.
    pub(super) fn key(&self) -> &'c [u8] {
        let args = self.cmd.args();
        args.get(KEY).unwrap_or_default()
    }

    /// Tells it from other questions about the same key. Of GET it is [`GET`], which can be looked for without making a command.
    pub(super) fn name(&self) -> &'c [u8] {
        self.name
    }

    /// It, and what is asked in the same breath.
    pub(super) fn breath(&self) -> Vec<Cmd> {
        let mut breath = vec![self.cmd.clone(), cmd("PTTL").arg(self.key())];
        if let Ends::Fields { from, to } = self.ends {
            let mut fields = cmd("HPTTL").arg(self.key()).arg("FIELDS").arg(to - from);
            let args = self.cmd.args();
            (from..to)
                .filter_map(|at| args.get(at))
                .for_each(|field| fields.push(field));
            breath.push(fields);
        }
        breath
    }

    /// For how long the reply is good, from when it was asked for, if nobody writes: at most `most`, and at most `moment` if it may end unseen.
    pub(super) fn lasts(&self, times: &[Value], most: Duration, moment: Duration) -> Duration {
        let most = match self.ends {
            Ends::AnyField => most.min(moment),
            Ends::Key | Ends::Fields { .. } => most,
        };
        // -1: without a time; -2: nothing there, which does not end by itself. HPTTL answers a list, or null without a hash.
        let all = times
            .iter()
            .flat_map(|time| time.as_slice().unwrap_or(std::slice::from_ref(time)));
        let ends = all
            .filter_map(Value::as_integer)
            .filter_map(|ms| u64::try_from(ms).ok());
        ends.min().map_or(most, |ms| most.min(Duration::from_millis(ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_resp::command::{Flag, all};

    const MOST: Duration = Duration::from_secs(60);
    const MOMENT: Duration = Duration::from_secs(1);

    fn cmd_of(line: &str) -> Cmd {
        let words = line.split(' ');
        words
            .fold(None, |made: Option<Cmd>, word| {
                Some(made.map_or_else(|| cmd(word), |made| made.arg(word)))
            })
            .unwrap()
    }

    #[test]
    fn only_reads_of_one_key_that_say_the_same_again_are_kept() {
        for line in [
            "GET k",
            "hget k f",
            "HMGET k f g",
            "HGETALL k",
            "SMEMBERS k",
            "ZRANGE k 0 -1 WITHSCORES",
            "LRANGE k 0 9",
            "EXISTS k",
        ] {
            let made = cmd_of(line);
            let question = Question::of(&made).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(question.key(), b"k", "{line}");
            let spec = made.spec().unwrap();
            assert!(spec.has(Flag::Readonly) && spec.first_key() == Some(KEY), "{line}");
        }
        for line in [
            "EXISTS k l",
            "MGET k",
            "SRANDMEMBER k",
            "HRANDFIELD k",
            "ZRANDMEMBER k",
            "SSCAN k 0",
            "TTL k",
            "HPTTL k FIELDS 1 f",
            "OBJECT ENCODING k",
            "SINTER k l",
            "SET k v",
            "GETEX k EX 1",
            "HGET k",
            "FROBNICATE k",
            "PING",
        ] {
            assert!(Question::of(&cmd_of(line)).is_none(), "{line}");
        }
    }

    #[test]
    fn questions_have_names_of_their_own() {
        let name = |line: &str| Question::of(&cmd_of(line)).unwrap().name().to_vec();
        assert_eq!(name("get k"), GET);
        assert_ne!(name("HGET k f"), name("HGET k g"));
        assert_ne!(name("HGET k f"), name("HEXISTS k f"));
    }

    #[test]
    fn every_command_that_is_kept_only_reads_and_has_its_key_first() {
        let mut kept = 0;
        for spec in all() {
            let args = usize::from(spec.arity().unsigned_abs().min(100) as u16);
            let made = (1..args.max(2)).fold(cmd(spec.name()), |made, _| made.arg("1"));
            if Question::of(&made).is_some() {
                kept += 1;
                assert!(
                    spec.has(Flag::Readonly) && spec.first_key() == Some(KEY),
                    "{}",
                    spec.name()
                );
            }
        }
        assert!(kept > 30, "{kept}");
    }

    #[test]
    fn a_reply_is_good_until_the_key_or_a_field_that_it_tells_of_ends() {
        let lasts = |line: &str, times: &[Value]| Question::of(&cmd_of(line)).unwrap().lasts(times, MOST, MOMENT);
        let (never, soon) = (Value::Integer(-1), Value::Integer(250));
        let list = |times: &[i64]| Value::Array(times.iter().copied().map(Value::Integer).collect());
        assert_eq!(lasts("GET k", std::slice::from_ref(&never)), MOST);
        assert_eq!(lasts("GET k", std::slice::from_ref(&soon)), Duration::from_millis(250));
        assert_eq!(lasts("HGET k f", &[never.clone(), list(&[-1])]), MOST);
        assert_eq!(
            lasts("HMGET k f g h", &[never.clone(), list(&[-2, 40, 90])]),
            Duration::from_millis(40)
        );
        assert_eq!(
            lasts("HGET k f", &[Value::Integer(-2), Value::Null]),
            MOST,
            "nothing there"
        );
        assert_eq!(lasts("HGETALL k", std::slice::from_ref(&never)), MOMENT);
        assert_eq!(
            lasts("EXISTS k", std::slice::from_ref(&soon)),
            Duration::from_millis(250)
        );
    }

    #[test]
    fn times_are_asked_for_in_the_same_breath() {
        let breath = |line: &str| -> Vec<String> {
            let made = cmd_of(line);
            Question::of(&made)
                .unwrap()
                .breath()
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(breath("LRANGE k 0 -1"), ["LRANGE k 0 -1", "PTTL k"]);
        assert_eq!(breath("HMGET k f g"), ["HMGET k f g", "PTTL k", "HPTTL k FIELDS 2 f g"]);
    }
}
