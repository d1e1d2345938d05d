//! `LREM key count element`: deletes up to `count` elements that are equal to one, from the front; from the back if `count` is
//! negative; all of them if it is 0. Answers how many.

use circlet_core::collection::Element;
use circlet_resp::{Args, ReplyBuf};

use super::length;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;

/// Handles LREM.
pub(in crate::command) fn lrem(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let count = integer(&args[2])?;
    let most = match usize::try_from(count.unsigned_abs()) {
        Ok(0) | Err(_) => usize::MAX,
        Ok(most) => most,
    };
    let mut list = cx.edit_list()?;
    let is_equal = |element: &Element<'_>| element.value == &args[3];
    let name = |element: Element<'_>| element.name.to_vec();
    let all = list.before().iter();
    let names: Vec<Vec<u8>> = if count < 0 {
        all.rev().filter(is_equal).take(most).map(name).collect()
    } else {
        all.filter(is_equal).take(most).map(name).collect()
    };
    for name in &names {
        list.delete(name);
    }
    reply.integer(length(names.len()));
    list.commit();
    Ok(())
}
