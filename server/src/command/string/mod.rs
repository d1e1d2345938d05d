//! Commands on strings: one file a command, its grammar at the top.

pub(super) mod append;
pub(super) mod bitcount;
pub(super) mod bitfield;
pub(super) mod bitop;
pub(super) mod bitpos;
pub(super) mod get;
pub(super) mod getdel;
pub(super) mod getex;
pub(super) mod getrange;
pub(super) mod incr;
pub(super) mod incrbyfloat;
pub(super) mod lcs;
pub(super) mod mset;
pub(super) mod set;
pub(super) mod setbit;
pub(super) mod setnx;
pub(super) mod setrange;

use super::VALUE_BYTES_MAX;
use super::error::CommandError;

/// The length that a value of two parts would have, if it may have it.
fn checked_len(before: usize, more: usize) -> Result<usize, CommandError> {
    before
        .checked_add(more)
        .filter(|&len| len <= VALUE_BYTES_MAX)
        .ok_or(CommandError::TooLong)
}

/// Whether a range counts bits (`BIT`) or bytes (`BYTE`, or nothing said).
fn bit_unit(unit: Option<&[u8]>) -> Result<bool, CommandError> {
    match unit {
        None => Ok(false),
        Some(unit) if unit.eq_ignore_ascii_case(b"byte") => Ok(false),
        Some(unit) if unit.eq_ignore_ascii_case(b"bit") => Ok(true),
        Some(_) => Err(CommandError::Syntax),
    }
}
