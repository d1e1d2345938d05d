//! `HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]`: a step of a walk over all fields, with their values.
//!
//! A field that is there all the time is met once, whatever is written meanwhile and whichever node is asked next. As in
//! Redis, options are looked at only if there is a hash.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::scan::{ScanOptions, Scanned, cursor, write_head};

/// Handles HSCAN.
pub(in crate::command) fn hscan(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let from = cursor(&args[2])?;
    let hash = cx.hash()?;
    if hash.is_empty() {
        write_head(reply, 0, 0);
        return Ok(());
    }
    let options = ScanOptions::parse(args.skip(3), Scanned::Fields)?;
    let (next, mut step) = hash.scan(from, options.elements());
    step.retain(|field| options.is_match(field.name));
    write_head(reply, next, step.len() * if options.is_names_only { 1 } else { 2 });
    for field in step {
        reply.bulk(field.name);
        if !options.is_names_only {
            reply.bulk(&field.value);
        }
    }
    Ok(())
}
