//! `SPOP key [count]`: takes a random member off a set and answers it, or null; with a count a set of up to so many.
//!
//! Which ones they are is decided here, and the other owners are told which: they remove the same.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::count;

/// Handles SPOP.
pub(in crate::command) fn spop(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let count = args.get(2).map(count).transpose()?;
    let random = cx.random();
    let mut set = cx.edit_set()?;
    let chosen: Vec<Vec<u8>> = match count {
        None => set.before().random(random).map(<[u8]>::to_vec).into_iter().collect(),
        Some(count) => {
            let chosen = set.before().random_distinct(count, rand::random);
            chosen.into_iter().map(<[u8]>::to_vec).collect()
        }
    };
    match (count, chosen.is_empty()) {
        (None, true) => reply.null(),
        (None, false) => {}
        (Some(_), _) => reply.set(chosen.len()),
    }
    for member in &chosen {
        set.remove(member);
        reply.bulk(member);
    }
    set.commit();
    Ok(())
}
