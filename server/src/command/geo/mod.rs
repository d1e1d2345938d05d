//! Commands on places, which are sorted sets: one file a command or a family of its spellings, its grammar at the top.

pub(super) mod error;
mod geoadd;
mod geopos;
mod georadius;
mod geosearch;
mod query;
mod units;

use circlet_resp::command::CommandId;

use super::{KeyHandler, SlotHandler};

/// The handler of a command on the places of one key.
pub(super) fn key_handler(id: CommandId) -> Option<KeyHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Geoadd => geoadd::geoadd,
        Id::Geopos => geopos::geopos,
        Id::Geodist => geopos::geodist,
        Id::Geohash => geopos::geohash,
        Id::Geosearch => geosearch::geosearch,
        Id::GeoradiusRo => georadius::georadius_ro,
        Id::GeoradiusbymemberRo => georadius::georadiusbymember_ro,
        _ => return None,
    })
}

/// The handler of a command that may write places to another key.
pub(super) fn slot_handler(id: CommandId) -> Option<SlotHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Geosearchstore => geosearch::geosearchstore,
        Id::Georadius => georadius::georadius,
        Id::Georadiusbymember => georadius::georadiusbymember,
        _ => return None,
    })
}
