//! `LINSERT key BEFORE | AFTER pivot element`: adds an element beside the first one that is equal to the pivot. Answers how many
//! there are, -1 if there is no such one, 0 if there is no list.

use circlet_core::mutate::End;
use circlet_resp::{Args, ReplyBuf};

use super::length;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles LINSERT.
pub(in crate::command) fn linsert(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let side = if args[2].eq_ignore_ascii_case(b"before") {
        End::Front
    } else if args[2].eq_ignore_ascii_case(b"after") {
        End::Back
    } else {
        return Err(CommandError::Syntax);
    };
    let mut list = cx.edit_list()?;
    if list.is_empty() {
        reply.integer(0);
        return Ok(());
    }
    let pivot = list.before().iter().find(|element| element.value == &args[3]);
    let Some(pivot) = pivot.map(|element| element.name.to_vec()) else {
        reply.integer(-1);
        return Ok(());
    };
    list.insert(&pivot, side, &args[4]);
    reply.integer(length(list.len()));
    list.commit();
    Ok(())
}
