//! The commands, a trait a family, all of which [`Client`] has.
//!
//! A method makes a [`Call`], which is made when it is awaited; before that it can be given a level, a time and the like. Where a value comes back the
//! caller names its type: `client.get::<Option<String>>("k")`. What is said of complexity is Redis's; what differs in a cluster of replicas is said
//! under *In Circlet*.
//!
//! Commands on several keys of which the keys may be anywhere (MGET, MSET, DEL ..) are split by node. Others with several keys need all of them in one slot:
//! give them a common `{tag}`.

mod bitmaps;
mod geo;
mod hashes;
mod hyperloglog;
mod keys;
mod lists;
mod scan;
mod server;
mod sets;
mod sorted_sets;
mod strings;

pub use bitmaps::{BitOp, BitfieldOp, Bitmaps, Overflow};
pub use geo::{Geo, GeoOrigin, GeoShape, GeoUnit, SearchOptions};
pub use hashes::Hashes;
pub use hyperloglog::HyperLogLogs;
pub use keys::{ExpireIf, Keys};
pub use lists::{Lists, Side};
pub use scan::{Found, Scan, ScanOptions, Scans};
pub use server::{FlushMode, Server};
pub use sets::Sets;
pub use sorted_sets::{Aggregate, SortedSets, ZaddOptions, ZrangeOptions};
pub use strings::{GetExpiry, SetOptions, Strings};

use crate::call::Call;
use crate::client::Client;
use crate::cmd::Cmd;
use crate::from_value::FromValue;

/// What commands are asked of: a [`Client`].
pub trait Ask {
    /// Begins a call whose reply is read as `T`.
    fn ask<T: FromValue>(&self, cmd: Cmd) -> Call<'_, T>;
}

impl Ask for Client {
    fn ask<T: FromValue>(&self, cmd: Cmd) -> Call<'_, T> {
        self.call(cmd)
    }
}
