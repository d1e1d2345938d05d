//! Where a command's keys are.
//!
//! All commands so far have their keys at fixed places: from one position on, up to another (counted from the end if negative), each so
//! many arguments after the last. Redis also knows keys after a count or a keyword; the spec gets those when a command needs them.

use super::flags::Flag;
use super::spec::CommandSpec;
use crate::Args;

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
            Self::VariableFlags => "variable_flags",
        }
    }
}

/// Some keys of a command, all used in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    first: u8,
    /// Relative to `first`; negative: from the end of the arguments.
    last: i8,
    step: u8,
    flags: &'static [KeyFlag],
}

impl KeySpec {
    pub(super) const fn one(first: u8, flags: &'static [KeyFlag]) -> Self {
        Self::range(first, 0, 1, flags)
    }

    pub(super) const fn range(first: u8, last: i8, step: u8, flags: &'static [KeyFlag]) -> Self {
        Self {
            first,
            last,
            step,
            flags,
        }
    }

    /// Position of the first key; 0 is the command's name.
    #[must_use]
    pub const fn first(&self) -> usize {
        self.first as usize
    }

    /// Position of the last key, counted from the first; from the end of the arguments (-1: the last of them) if negative.
    #[must_use]
    pub const fn last(&self) -> i64 {
        self.last as i64
    }

    /// How far a key is from the next.
    #[must_use]
    pub const fn step(&self) -> usize {
        self.step as usize
    }

    /// What happens to the keys.
    #[must_use]
    pub const fn flags(&self) -> &'static [KeyFlag] {
        self.flags
    }

    fn positions(self, args_len: usize) -> std::iter::StepBy<std::ops::Range<usize>> {
        let end = match usize::try_from(self.last) {
            Ok(last) => self.first() + last + 1,
            Err(_) => (args_len + 1).saturating_sub(usize::from(self.last.unsigned_abs())),
        };
        (self.first()..end.min(args_len)).step_by(self.step())
    }
}

/// Positions of a command's keys among its arguments, in order, each with what happens to the key.
#[derive(Clone, Debug)]
pub struct KeyPositions {
    specs: std::slice::Iter<'static, KeySpec>,
    spec: Option<(std::iter::StepBy<std::ops::Range<usize>>, &'static [KeyFlag])>,
    args_len: usize,
}

impl Iterator for KeyPositions {
    type Item = (usize, &'static [KeyFlag]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((positions, flags)) = &mut self.spec
                && let Some(position) = positions.next()
            {
                return Some((position, flags));
            }
            let spec = self.specs.next()?;
            self.spec = Some((spec.positions(self.args_len), spec.flags));
        }
    }
}

impl CommandSpec {
    /// Where the keys are among `args`, name included. Only keys that are there: the caller checks the arity.
    #[must_use]
    pub fn keys(&self, args: Args<'_>) -> KeyPositions {
        KeyPositions {
            specs: self.key_specs().iter(),
            spec: None,
            args_len: args.len(),
        }
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

    /// First key, last key and step in the old form, which has one range for all keys; zeros if there are none.
    pub(super) fn key_range(&self) -> (i64, i64, i64) {
        match self.key_specs() {
            [] => (0, 0, 0),
            [first, .., end] | [first @ end] => {
                let last = if end.last() < 0 {
                    end.last()
                } else {
                    end.first() as i64 + end.last()
                };
                (first.first() as i64, last, first.step() as i64)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArgRange;
    use crate::command::lookup::by_full_name;

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
}
