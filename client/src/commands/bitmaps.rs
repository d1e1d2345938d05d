//! Commands on the bits of strings.

use super::Ask;
use crate::call::Call;
use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::to_arg::ToArg;

/// How strings become one, bit by bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitOp {
    /// Set in all.
    And,
    /// Set in any.
    Or,
    /// Set in an odd number of them.
    Xor,
    /// Not set. Of one string only.
    Not,
}

impl ToArg for BitOp {
    fn write_to(&self, cmd: &mut Cmd) {
        cmd.push(match self {
            BitOp::And => b"AND",
            BitOp::Or => b"OR",
            BitOp::Xor => b"XOR",
            BitOp::Not => b"NOT",
        });
    }
}

/// What [`Bitmaps::bitfield`] does when a number leaves its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// It goes around.
    Wrap,
    /// It stays at the least or the greatest.
    Saturate,
    /// Nothing is changed, and nothing answered.
    Fail,
}

/// One step of [`Bitmaps::bitfield`]. A type is `u1` to `u63` or `i1` to `i64`; an offset counts bits.
#[derive(Debug, Clone, Copy)]
pub enum BitfieldOp<'a> {
    /// The number there.
    Get(&'a str, u64),
    /// Writes a number; answers the one before.
    Set(&'a str, u64, i64),
    /// Adds to a number; answers the new one.
    IncrBy(&'a str, u64, i64),
    /// For the steps that follow.
    Overflow(Overflow),
}

impl ToArg for BitfieldOp<'_> {
    fn write_to(&self, cmd: &mut Cmd) {
        match self {
            BitfieldOp::Get(kind, offset) => ("GET", kind, offset).write_to(cmd),
            BitfieldOp::Set(kind, offset, value) => (("SET", kind), offset, value).write_to(cmd),
            BitfieldOp::IncrBy(kind, offset, by) => (("INCRBY", kind), offset, by).write_to(cmd),
            BitfieldOp::Overflow(how) => {
                let word = match how {
                    Overflow::Wrap => "WRAP",
                    Overflow::Saturate => "SAT",
                    Overflow::Fail => "FAIL",
                };
                ("OVERFLOW", word).write_to(cmd);
            }
        }
    }
}

/// Commands on the bits of strings.
///
/// *In Circlet* the string is one value: of two writes on two sides of a partition the later wins, also if they set different bits.
pub trait Bitmaps: Ask {
    /// `GETBIT`: whether the bit is set. O(1).
    fn getbit(&self, key: impl ToArg, offset: u64) -> Call<'_, bool> {
        self.ask(cmd("GETBIT").arg(key).arg(offset))
    }

    /// `SETBIT`: sets or clears a bit; what it was. O(1).
    fn setbit(&self, key: impl ToArg, offset: u64, bit: bool) -> Call<'_, bool> {
        self.ask(cmd("SETBIT").arg(key).arg(offset).arg(bit))
    }

    /// `BITCOUNT`: how many bits are set. O(N).
    fn bitcount(&self, key: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("BITCOUNT").arg(key))
    }

    /// `BITCOUNT key start end`: in these bytes, both included. O(N).
    fn bitcount_range(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, u64> {
        self.ask(cmd("BITCOUNT").arg(key).arg(start).arg(end))
    }

    /// `BITPOS`: the first bit that is set, or is not; -1 if there is none. O(N).
    fn bitpos(&self, key: impl ToArg, bit: bool) -> Call<'_, i64> {
        self.ask(cmd("BITPOS").arg(key).arg(bit))
    }

    /// `BITOP`: writes to `to` what several strings of one slot make; its length in bytes. O(N).
    fn bitop(&self, how: BitOp, to: impl ToArg, keys: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("BITOP").arg(how).arg(to).arg(keys))
    }

    /// `BITFIELD`: reads and writes numbers of any width within the string. O(1) a step.
    fn bitfield(&self, key: impl ToArg, steps: &[BitfieldOp<'_>]) -> Call<'_, Vec<Option<i64>>> {
        self.ask(cmd("BITFIELD").arg(key).arg(steps))
    }
}

impl Bitmaps for Client {}
