//! - `GEOPOS key [member ...]`: an array of longitude and latitude for each member, null for one that there is not.
//! - `GEOHASH key [member ...]`: the places as geohash texts, null for a member that there is not.
//! - `GEODIST key member member [M | KM | FT | MI]`: the distance, null if a member is not there.

use circlet_resp::{Args, ReplyBuf};

use super::units::{reply_length, reply_place, unit_m};
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::geohash::Place;

/// Handles GEOPOS.
pub(in crate::command) fn geopos(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    for_each_place(cx, args, reply, |place, reply| match place {
        Some(place) => reply_place(place, reply),
        None => reply.null_array(),
    })
}

/// Handles GEOHASH.
pub(in crate::command) fn geohash(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    for_each_place(cx, args, reply, |place, reply| match place {
        Some(place) => reply.bulk(&place.text()),
        None => reply.null(),
    })
}

/// Handles GEODIST.
pub(in crate::command) fn geodist(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let unit_m = match args.len() {
        4 => 1.0,
        5 => unit_m(&args[4])?,
        _ => return Err(CommandError::Syntax),
    };
    let sorted_set = cx.sorted_set()?;
    let place = |member: &[u8]| sorted_set.score(member).map(Place::of_score);
    match (place(&args[2]), place(&args[3])) {
        (Some(from), Some(to)) => reply_length(from.distance_m(to) / unit_m, reply),
        _ => reply.null(),
    }
    Ok(())
}

fn for_each_place(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
    answer: fn(Option<Place>, &mut ReplyBuf),
) -> Result<(), CommandError> {
    let sorted_set = cx.sorted_set()?;
    let members = args.skip(2);
    reply.array(members.len());
    for member in members {
        answer(sorted_set.score(member).map(Place::of_score), reply);
    }
    Ok(())
}
