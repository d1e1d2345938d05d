//! Commands on lists: one file a command or a family of its spellings, its grammar at the top.

pub(super) mod blmove;
pub(super) mod blmpop;
pub(super) mod blpop;
pub(super) mod index;
pub(super) mod linsert;
pub(super) mod lmove;
pub(super) mod lmpop;
pub(super) mod lpos;
pub(super) mod lrange;
pub(super) mod lrem;
pub(super) mod pop;
pub(super) mod push;

use circlet_core::mutate::End;

use crate::command::error::CommandError;
use crate::command::pure::number::length;

/// The end of a list that a word means.
fn end(word: &[u8]) -> Result<End, CommandError> {
    if word.eq_ignore_ascii_case(b"left") {
        Ok(End::Front)
    } else if word.eq_ignore_ascii_case(b"right") {
        Ok(End::Back)
    } else {
        Err(CommandError::Syntax)
    }
}
