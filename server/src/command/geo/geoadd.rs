//! `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]`: writes places, and answers what ZADD answers.

use circlet_resp::{Args, ReplyBuf};

use super::units::place;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::sorted_set::zadd::AddOptions;

/// Handles GEOADD.
pub(in crate::command) fn geoadd(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut options = AddOptions::default();
    let mut rest = args.skip(2);
    while let Some(option) = rest.get(0) {
        let option = match option.to_ascii_lowercase().as_slice() {
            b"nx" => &mut options.nx,
            b"xx" => &mut options.xx,
            b"ch" => &mut options.ch,
            _ => break,
        };
        *option = true;
        rest = rest.skip(1);
    }
    if rest.is_empty() || !rest.len().is_multiple_of(3) || options.nx && options.xx {
        return Err(CommandError::Syntax);
    }
    let starts = (0..rest.len()).step_by(3);
    let members = starts.map(|at| Ok((&rest[at + 2], place(rest.skip(at))?.score())));
    options.add(cx, &members.collect::<Result<Vec<_>, CommandError>>()?, reply)
}
