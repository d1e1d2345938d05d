//! Lengths and places as arguments and replies.

use circlet_resp::{Args, ReplyBuf};

use super::error::GeoError;
use crate::command::error::CommandError;
use crate::command::pure::double;
use crate::command::pure::geohash::Place;

/// The metres of the unit `m`, `km`, `ft` or `mi`.
pub(super) fn unit_m(text: &[u8]) -> Result<f64, CommandError> {
    match text.to_ascii_lowercase().as_slice() {
        b"m" => Ok(1.0),
        b"km" => Ok(1_000.0),
        b"ft" => Ok(0.3048),
        b"mi" => Ok(1_609.34),
        _ => Err(GeoError::Unit.into()),
    }
}

/// A number of something that is called `name` in the error.
pub(super) fn length(text: &[u8], name: &'static str) -> Result<f64, CommandError> {
    double::parse(text).ok_or(GeoError::NotNumeric(name).into())
}

/// A place from a longitude and a latitude, which are the first of `args`.
pub(super) fn place(args: Args<'_>) -> Result<Place, CommandError> {
    let coordinate = |at: usize| double::number(args.get(at).unwrap_or_default());
    let place = Place {
        longitude: coordinate(0)?,
        latitude: coordinate(1)?,
    };
    if !place.is_valid() {
        let Place { longitude, latitude } = place;
        return Err(GeoError::Place { longitude, latitude }.into());
    }
    Ok(place)
}

/// Answers a length with four digits behind the point.
pub(super) fn reply_length(length: f64, reply: &mut ReplyBuf) {
    reply.bulk(format!("{length:.4}").as_bytes());
}

/// Answers a place as an array of longitude and latitude, with up to 17 digits behind the point.
pub(super) fn reply_place(place: Place, reply: &mut ReplyBuf) {
    reply.array(2);
    for coordinate in [place.longitude, place.latitude] {
        let digits = format!("{coordinate:.17}");
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        reply.double_digits(if digits == "-0" { b"0" } else { digits.as_bytes() });
    }
}
