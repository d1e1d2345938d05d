//! Where a command's keys are.
//!
//! Most keys stand at fixed places: from one position on, up to another (counted from the end if negative), each so many arguments
//! after the last. Others stand behind their count (LMPOP) or behind a word (GEORADIUS with STORE; SORT, whose options have to be told
//! apart for it), or are made of what a value holds, so that no position tells them (the BY of SORT).

use super::flags::Flag;
use super::spec::CommandSpec;
use crate::Args;
use std::iter::StepBy;
use std::ops::Range;

/// What a command does with a key, as in Redis's key specifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFlag {
    /// Reads the value only.
    ReadOnly,
    /// Reads and changes the value.
    ReadWrite,
    /// Overwrites the value unread.
    Overwrite,
    /// Deletes the key.
    Remove,
    /// Answers what the value is.
    Access,
    /// Changes what is there.
    Update,
    /// Adds to what is there.
    Insert,
    /// May delete what is there.
    Delete,
    /// There may be keys that cannot be told from the arguments' places.
    Incomplete,
    /// Which of these hold depends on the arguments.
    VariableFlags,
}

impl KeyFlag {
    /// The flag as COMMAND prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "RO",
            Self::ReadWrite => "RW",
            Self::Overwrite => "OW",
            Self::Remove => "RM",
            Self::Access => "access",
            Self::Update => "update",
            Self::Insert => "insert",
            Self::Delete => "delete",
            Self::Incomplete => "incomplete",
            Self::VariableFlags => "variable_flags",
        }
    }
}

/// Some keys of a command, all used in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    find: KeyFind,
    flags: &'static [KeyFlag],
}

/// Where keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFind {
    /// From one position on, up to another.
    Range {
        /// Position of the first key; 0 is the command's name.
        first: u8,
        /// Position of the last key, counted from the first; from the end of the arguments (-1: the last of them) if negative.
        last: i8,
        /// How far a key is from the next.
        step: u8,
    },
    /// One after the other behind their count.
    Counted {
        /// Position of the count.
        count: u8,
    },
    /// One, behind a word that need not be there.
    Behind {
        /// The word, in large or small letters.
        word: &'static str,
        /// The first position at which the word may stand.
        from: u8,
    },
    /// One, behind a word among options that have arguments.
    AmongOptions(&'static KeyWord),
    /// Made of what a value holds.
    Unknown,
}

/// A word among options behind which a key stands. The last one counts, as in Redis.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyWord {
    /// The word, in small letters.
    pub(super) word: &'static [u8],
    /// Position of the first option.
    pub(super) from: u8,
    /// Options that have arguments, which are no words then: how many.
    pub(super) others: &'static [(&'static [u8], usize)],
}

impl KeyWord {
    fn position(&self, args: Args<'_>) -> Option<usize> {
        let (mut at, mut found) = (usize::from(self.from), None);
        while let Some(option) = args.get(at) {
            if option.eq_ignore_ascii_case(self.word) && at + 1 < args.len() {
                found = Some(at + 1);
                at += 1;
            } else if let Some((_, count)) = self.others.iter().find(|(word, _)| option.eq_ignore_ascii_case(word)) {
                at += count;
            }
            at += 1;
        }
        found
    }
}

impl KeySpec {
    pub(super) const fn one(first: u8, flags: &'static [KeyFlag]) -> Self {
        Self::range(first, 0, 1, flags)
    }

    /// Whether this is the first argument, and no other.
    pub(super) const fn is_first_argument(&self) -> bool {
        matches!(
            self.find,
            KeyFind::Range {
                first: 1,
                last: 0,
                step: 1
            }
        )
    }

    pub(super) const fn range(first: u8, last: i8, step: u8, flags: &'static [KeyFlag]) -> Self {
        Self {
            find: KeyFind::Range { first, last, step },
            flags,
        }
    }

    pub(super) const fn counted(count: u8, flags: &'static [KeyFlag]) -> Self {
        Self {
            find: KeyFind::Counted { count },
            flags,
        }
    }

    pub(super) const fn behind(word: &'static str, from: u8, flags: &'static [KeyFlag]) -> Self {
        Self {
            find: KeyFind::Behind { word, from },
            flags,
        }
    }

    pub(super) const fn among_options(word: &'static KeyWord, flags: &'static [KeyFlag]) -> Self {
        Self {
            find: KeyFind::AmongOptions(word),
            flags,
        }
    }

    pub(super) const fn unknown(flags: &'static [KeyFlag]) -> Self {
        Self {
            find: KeyFind::Unknown,
            flags,
        }
    }

    /// Where the keys are.
    #[must_use]
    pub const fn find(&self) -> KeyFind {
        self.find
    }

    /// What happens to the keys.
    #[must_use]
    pub const fn flags(&self) -> &'static [KeyFlag] {
        self.flags
    }

    /// Position of the first key, if it is always the same; else 0.
    pub(super) const fn first(&self) -> u8 {
        match self.find {
            KeyFind::Range { first, .. } => first,
            KeyFind::Counted { count } => count + 1,
            KeyFind::Behind { .. } | KeyFind::AmongOptions(_) | KeyFind::Unknown => 0,
        }
    }

    /// None for a count that is none, or of more keys than there are arguments.
    fn positions(self, args: Args<'_>) -> StepBy<Range<usize>> {
        let len = args.len();
        match self.find {
            KeyFind::Range { first, last, step } => {
                let first = usize::from(first);
                let end = match usize::try_from(last) {
                    Ok(last) => first + last + 1,
                    Err(_) => (len + 1).saturating_sub(usize::from(last.unsigned_abs())),
                };
                (first..end.min(len)).step_by(usize::from(step))
            }
            KeyFind::Counted { count } => {
                let first = usize::from(count) + 1;
                (first..first + counted(count, args).unwrap_or(0)).step_by(1)
            }
            KeyFind::Behind { word, from } => {
                let is_word = |at: &usize| args[*at].eq_ignore_ascii_case(word.as_bytes());
                let key = (usize::from(from)..len).find(is_word).map_or(len, |at| at + 1);
                (key..(key + 1).min(len)).step_by(1)
            }
            KeyFind::AmongOptions(word) => word.position(args).map_or(0..0, |at| at..at + 1).step_by(1),
            KeyFind::Unknown => (0..0).step_by(1),
        }
    }
}

/// The number that stands at `count`, if it is one and there are so many arguments behind it.
fn counted(count: u8, args: Args<'_>) -> Option<usize> {
    let text = std::str::from_utf8(args.get(usize::from(count))?).ok()?;
    let rest = args.len() - usize::from(count) - 1;
    text.parse().ok().filter(|&count| count <= rest)
}

/// Positions of a command's keys among its arguments, in order, each with what happens to the key.
#[derive(Clone, Debug)]
pub struct KeyPositions<'a> {
    specs: std::slice::Iter<'static, KeySpec>,
    spec: Option<(StepBy<Range<usize>>, &'static [KeyFlag])>,
    args: Args<'a>,
}

impl Iterator for KeyPositions<'_> {
    type Item = (usize, &'static [KeyFlag]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((positions, flags)) = &mut self.spec
                && let Some(position) = positions.next()
            {
                return Some((position, flags));
            }
            let spec = self.specs.next()?;
            self.spec = Some((spec.positions(self.args), spec.flags));
        }
    }
}

impl CommandSpec {
    /// Where the keys are among `args`, name included. Only keys that are there: the caller checks the arity.
    #[must_use]
    pub fn keys<'a>(&self, args: Args<'a>) -> KeyPositions<'a> {
        KeyPositions {
            specs: self.key_specs().iter(),
            spec: None,
            args,
        }
    }

    /// Whether every argument that counts keys is a number above zero, and there are so many arguments behind it.
    #[must_use]
    pub fn counts_its_keys(&self, args: Args<'_>) -> bool {
        self.key_specs().iter().all(|keys| match keys.find {
            KeyFind::Counted { count } => counted(count, args).is_some_and(|count| count > 0),
            KeyFind::Range { .. } | KeyFind::Behind { .. } | KeyFind::AmongOptions(_) | KeyFind::Unknown => true,
        })
    }

    /// Whether the command reads or changes keys that its arguments name.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        !self.key_specs().is_empty()
    }

    /// Whether the command changes data.
    #[inline]
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.has(Flag::Write)
    }

    /// Whether the old form, which has one range for all keys, does not tell all of them.
    pub(super) fn has_movable_keys(&self) -> bool {
        let is_movable = |keys: &KeySpec| !matches!(keys.find, KeyFind::Range { .. });
        self.key_specs().iter().any(is_movable)
    }

    /// First key, last key and step in the old form; zeros if there are none that it can tell.
    pub(super) fn key_range(&self) -> (i64, i64, i64) {
        let mut ranges = self.key_specs().iter().filter_map(|keys| match keys.find {
            KeyFind::Range { first, last, step } => Some((i64::from(first), i64::from(last), i64::from(step))),
            _ => None,
        });
        let Some(range @ (first, _, step)) = ranges.next() else {
            return (0, 0, 0);
        };
        let (end, last, _) = ranges.next_back().unwrap_or(range);
        (first, if last < 0 { last } else { end + last }, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArgRange;
    use crate::command::lookup::by_full_name;

    /// The places of keys in a line of words, the container's name and the subcommand's being two.
    fn keys_of(line: &str) -> Vec<usize> {
        let mut ranges = Vec::new();
        for word in line.split(' ') {
            let start = ranges.last().map_or(0, |range: &ArgRange| range.end() as u32 + 1);
            ranges.push(ArgRange::new(start, start + word.len() as u32).expect("in order"));
        }
        let args = Args::new(line.as_bytes(), &ranges).expect("in range");
        let words: Vec<&str> = line.split(' ').collect();
        let spec = by_full_name(words[0].as_bytes()).filter(|spec| spec.subcommands().is_empty());
        let spec = spec.or_else(|| by_full_name(words[..2].join("|").as_bytes()));
        spec.expect("known").keys(args).map(|(position, _)| position).collect()
    }

    fn keys(name: &str, args_len: usize) -> Vec<usize> {
        let ranges = vec![ArgRange::new(0, 0).expect("in order"); args_len];
        let args = Args::new(b"", &ranges).expect("in range");
        by_full_name(name.as_bytes())
            .expect("known")
            .keys(args)
            .map(|(position, _)| position)
            .collect()
    }

    #[test]
    fn keys_are_where_redis_says() {
        assert_eq!(keys("get", 2), [1]);
        assert_eq!(keys("set", 5), [1]);
        assert_eq!(keys("mget", 4), [1, 2, 3]);
        assert_eq!(keys("mset", 7), [1, 3, 5]);
        assert_eq!(keys("rename", 3), [1, 2]);
        assert_eq!(keys("copy", 6), [1, 2]);
        assert_eq!(keys("lcs", 4), [1, 2]);
        assert_eq!(keys("object|freq", 3), [2]);
        assert_eq!(keys("memory|usage", 5), [2]);
        assert_eq!(keys("ping", 2), [0; 0]);
        assert_eq!(keys("rename", 2), [1], "a key that is not there has no position");
        assert_eq!(keys("mget", 0), [0; 0]);
    }

    #[test]
    fn keys_behind_a_count_or_an_option_are_found() {
        assert_eq!(keys_of("lmpop 2 a b left"), [2, 3]);
        assert_eq!(keys_of("lmpop 1 a b left"), [2]);
        assert_eq!(keys_of("lmpop 3 a b left"), [2, 3, 4], "what they are is not looked at");
        assert_eq!(keys_of("lmpop 4 a b left"), [0; 0], "more than there are");
        assert_eq!(keys_of("lmpop x a b left"), [0; 0]);
        assert_eq!(keys_of("lmpop -1 a b left"), [0; 0]);
        assert_eq!(keys_of("lmpop 18446744073709551615 a b left"), [0; 0]);
        assert_eq!(keys_of("sort a by store store b get store desc"), [1, 5]);
        assert_eq!(keys_of("sort a store b store c"), [1, 5], "the last one counts");
        assert_eq!(keys_of("sort a limit store 1 store"), [1]);
    }

    #[test]
    fn keys_behind_a_word_are_found() {
        assert_eq!(keys_of("georadius k 1 2 3 km asc Store d count 1"), [1, 8]);
        assert_eq!(
            keys_of("georadius k 1 2 3 store d"),
            [1],
            "where the unit stands is no option"
        );
        assert_eq!(keys_of("georadius k 1 2 3 km store"), [1]);
        assert_eq!(keys_of("georadiusbymember k m 3 km storedist d"), [1, 6]);
        let range = |name: &str| by_full_name(name.as_bytes()).expect("known").key_range();
        assert_eq!(range("georadius"), (1, 1, 1));
        assert_eq!(range("zunionstore"), (1, 1, 1));
    }
}
