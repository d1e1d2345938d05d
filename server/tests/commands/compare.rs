//! Replies of which only a part is determined, made comparable: those in no order, random ones, and walks in steps.

use std::collections::BTreeSet;

use circlet_core::time::WallMs;

use crate::local::Local;
use crate::redis::Connection;
use crate::table::now;
use crate::wire::{elements, shown, words};

/// The two servers that are compared.
pub(crate) struct Both<'a> {
    pub(crate) redis: &'a mut Connection,
    pub(crate) local: &'a mut Local,
}

/// Where Redis's copy of a set is kept from which it pops in its own way: what Circlet popped is then taken off the set.
const SPARE: &[u8] = b"{t}spare";

/// More repetitions than this are not asked for: Redis would answer any number.
const REPETITIONS_MAX: i64 = 10_000;

impl Both<'_> {
    /// Asks both; equal answers mean that both did the same. What they are is otherwise only good for people.
    pub(crate) fn ask(&mut self, command: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
        match name(command).as_str() {
            "smembers" | "sinter" | "sunion" | "sdiff" | "hkeys" | "hvals" => self.ask_unordered(command, 1),
            "hgetall" => self.ask_unordered(command, 2),
            "hscan" => self.walk(command, 2),
            "sscan" => self.walk(command, 1),
            "spop" => self.pop(command),
            "srandmember" | "hrandfield" | "zrandmember" => {
                let (theirs, ours) = (self.redis.call(command), self.local.call(command, now()));
                (self.shape(command, &theirs), self.shape(command, &ours))
            }
            _ => (self.redis.call(command), self.local.call(command, now())),
        }
    }

    /// Compares everything that is kept under `keys`.
    pub(crate) fn assert_same_state(&mut self, keys: &[&str], seed: u64) {
        for key in keys {
            for form in ["TYPE", "GET", "HGETALL", "SMEMBERS", "ZRANGE 0 -1", "LRANGE 0 -1"] {
                let mut command = words(form);
                command.insert(1, (*key).into());
                let (theirs, ours) = self.ask(&command);
                assert!(
                    theirs == ours,
                    "seed {seed}: {form} of {key}\n theirs: {}\n ours:   {}",
                    shown(&theirs),
                    shown(&ours)
                );
            }
        }
    }

    pub(crate) fn flush(&mut self) {
        self.redis.call(&words("FLUSHALL"));
        self.local.call(&words("FLUSHALL"), WallMs::ZERO);
    }

    /// A reply in no order: sorted, in groups of `width`.
    fn ask_unordered(&mut self, command: &[Vec<u8>], width: usize) -> (Vec<u8>, Vec<u8>) {
        let (theirs, ours) = (self.redis.call(command), self.local.call(command, now()));
        (sorted(&theirs, width), sorted(&ours, width))
    }

    /// A whole walk, if the command begins one: what it met, sorted and each once.
    fn walk(&mut self, command: &[Vec<u8>], width: usize) -> (Vec<u8>, Vec<u8>) {
        let theirs = walk(command, width, |command| self.redis.call(command));
        let ours = walk(command, width, |command| self.local.call(command, now()));
        (theirs, ours)
    }

    /// SPOP: Redis's answer is about a copy, and loses what ours lost.
    fn pop(&mut self, command: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
        let Some(key) = command.get(1) else {
            return (self.redis.call(command), self.local.call(command, now()));
        };
        self.redis.call(&[b"DEL".into(), SPARE.into()]);
        self.redis.call(&[b"COPY".into(), key.clone(), SPARE.into()]);
        let mut on_spare = command.to_vec();
        on_spare[1] = SPARE.into();
        let theirs = self.redis.call(&on_spare);
        self.redis.call(&[b"DEL".into(), SPARE.into()]);
        let ours = self.local.call(command, now());
        let shapes = (self.shape(command, &theirs), self.shape(command, &ours));
        for member in members(&ours) {
            let removed = self.redis.call(&[b"SREM".into(), key.clone(), bulk(&member)]);
            assert_eq!(removed, b":1\r\n", "what is popped is gone");
        }
        shapes
    }

    /// What is determined of a random answer: its kind, how many elements it has, whether they differ, and that each is one of
    /// those that Redis has.
    fn shape(&mut self, command: &[Vec<u8>], reply: &[u8]) -> Vec<u8> {
        let members = members(reply);
        if members.is_empty() {
            return reply.to_vec();
        }
        let is_paired = command.len() > 3 && reply[0] == b'*' && !reply.starts_with(b"*1\r\n*");
        let is_flat = is_paired && members[0][0] == b'$';
        let elements: Vec<Vec<Vec<u8>>> = if is_flat {
            members.chunks(2).map(<[Vec<u8>]>::to_vec).collect()
        } else if members[0][0] == b'*' {
            members.iter().map(|pair| elements(pair)).collect()
        } else {
            members.iter().map(|member| vec![member.clone()]).collect()
        };
        let known = elements.iter().filter(|element| self.has(command, element)).count();
        let is_distinct = elements.iter().collect::<BTreeSet<_>>().len() == elements.len();
        let may_repeat = command.get(2).is_some_and(|count| count.starts_with(b"-"));
        let kind = char::from(reply[0]);
        let distinct = if may_repeat {
            "repeating"
        } else if is_distinct {
            "different"
        } else {
            "NOT different"
        };
        let unknown = elements.len() - known;
        format!(
            "{kind} of {} {distinct} elements of {}, {unknown} unknown",
            elements.len(),
            elements[0].len()
        )
        .into()
    }

    fn has(&mut self, command: &[Vec<u8>], element: &[Vec<u8>]) -> bool {
        let look_up = match name(command).as_str() {
            "hrandfield" => "HGET",
            "zrandmember" => "ZSCORE",
            _ => "SISMEMBER",
        };
        let found = self
            .redis
            .call(&[look_up.into(), command[1].clone(), bulk(&element[0])]);
        match element.get(1) {
            // Redis 7.0 prints scores with more digits.
            Some(value) if look_up == "HGET" => found == *value,
            _ => !found.starts_with(b":0") && !found.starts_with(b"$-1") && !found.starts_with(b"_"),
        }
    }
}

/// Whether Redis would answer without end.
pub(crate) fn is_endless(command: &[Vec<u8>]) -> bool {
    let is_random = matches!(name(command).as_str(), "srandmember" | "hrandfield" | "zrandmember");
    let count = command.get(2).and_then(|count| std::str::from_utf8(count).ok());
    let count: Option<i64> = count.and_then(|count| count.parse().ok());
    is_random && count.is_some_and(|count| count < -REPETITIONS_MAX)
}

fn name(command: &[Vec<u8>]) -> String {
    String::from_utf8_lossy(&command[0]).to_ascii_lowercase()
}

/// The elements of an aggregate, or the one bulk string that the reply is; none of anything else.
fn members(reply: &[u8]) -> Vec<Vec<u8>> {
    match reply {
        [b'*' | b'~' | b'%', ..] => elements(reply),
        [b'$', b'0'..=b'9', ..] => vec![reply.to_vec()],
        _ => Vec::new(),
    }
}

/// The bytes of a bulk string.
fn bulk(reply: &[u8]) -> Vec<u8> {
    let head = reply.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    reply[head..reply.len() - 2].to_vec()
}

fn sorted(reply: &[u8], width: usize) -> Vec<u8> {
    let members = members(reply);
    if members.is_empty() {
        return reply.to_vec();
    }
    let mut groups: Vec<Vec<u8>> = members.chunks(width).map(<[Vec<u8>]>::concat).collect();
    groups.sort_unstable();
    let head = reply.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    [&reply[..head], &groups.concat()].concat()
}

fn walk(command: &[Vec<u8>], width: usize, mut call: impl FnMut(&[Vec<u8>]) -> Vec<u8>) -> Vec<u8> {
    let begins = command.get(2).is_some_and(|cursor| cursor == b"0");
    let mut command = command.to_vec();
    let mut met = BTreeSet::new();
    loop {
        let reply = call(&command);
        if !reply.starts_with(b"*2\r\n") {
            return reply;
        }
        if !begins {
            // Where a server goes on from a cursor that it never gave is its own affair.
            return b"a step".into();
        }
        let step = elements(&reply);
        met.extend(elements(&step[1]).chunks(width).map(<[Vec<u8>]>::concat));
        command[2] = bulk(&step[0]);
        if command[2] == b"0" {
            return met.into_iter().collect::<Vec<_>>().concat();
        }
    }
}
