//! Commands on places.

use super::Ask;
use crate::call::Call;
use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::from_value::FromValue;
use crate::to_arg::ToArg;

/// A unit of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeoUnit {
    /// Metres.
    Metres,
    /// Kilometres.
    Kilometres,
    /// Miles.
    Miles,
    /// Feet.
    Feet,
}

impl ToArg for GeoUnit {
    fn write_to(&self, cmd: &mut Cmd) {
        cmd.push(match self {
            GeoUnit::Metres => b"m",
            GeoUnit::Kilometres => b"km",
            GeoUnit::Miles => b"mi",
            GeoUnit::Feet => b"ft",
        });
    }
}

/// Where a search has its centre.
#[derive(Debug, Clone, Copy)]
pub enum GeoOrigin<'a> {
    /// At a member's place.
    Member(&'a str),
    /// At a longitude and a latitude, in degrees.
    Position(f64, f64),
}

impl ToArg for GeoOrigin<'_> {
    fn write_to(&self, cmd: &mut Cmd) {
        match self {
            GeoOrigin::Member(member) => ("FROMMEMBER", member).write_to(cmd),
            GeoOrigin::Position(longitude, latitude) => ("FROMLONLAT", longitude, latitude).write_to(cmd),
        }
    }
}

/// What a search looks at.
#[derive(Debug, Clone, Copy)]
pub enum GeoShape {
    /// A circle of this radius.
    Circle(f64, GeoUnit),
    /// A box of this width and height.
    Box(f64, f64, GeoUnit),
}

impl ToArg for GeoShape {
    fn write_to(&self, cmd: &mut Cmd) {
        match self {
            GeoShape::Circle(radius, unit) => ("BYRADIUS", radius, unit).write_to(cmd),
            GeoShape::Box(width, height, unit) => (("BYBOX", width), height, unit).write_to(cmd),
        }
    }
}

/// Options of [`Geo::geosearch`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SearchOptions {
    order: Option<&'static str>,
    count: Option<u64>,
    any: bool,
}

impl SearchOptions {
    /// All, in no order.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The nearest first.
    #[must_use]
    pub fn nearest_first(mut self) -> Self {
        self.order = Some("ASC");
        self
    }

    /// The farthest first.
    #[must_use]
    pub fn farthest_first(mut self) -> Self {
        self.order = Some("DESC");
        self
    }

    /// So many of them at most, the nearest.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// So many of them at most, whichever are found first.
    #[must_use]
    pub fn any(mut self, count: u64) -> Self {
        self.any = true;
        self.count(count)
    }
}

impl ToArg for SearchOptions {
    fn write_to(&self, cmd: &mut Cmd) {
        self.order.write_to(cmd);
        self.count.map(|count| ("COUNT", count)).write_to(cmd);
        self.any.then_some("ANY").write_to(cmd);
    }
}

/// Commands on places, which are members of a sorted set.
pub trait Geo: Ask {
    /// `GEOADD`: puts a member at a longitude and a latitude, in degrees; how many are new. O(log N).
    fn geoadd(&self, key: impl ToArg, longitude: f64, latitude: f64, member: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("GEOADD").arg(key).arg(longitude).arg(latitude).arg(member))
    }

    /// `GEOADD` of several: `[(longitude, latitude, member), ..]`. O(log N) each.
    fn geoadd_all(&self, key: impl ToArg, members: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("GEOADD").arg(key).arg(members))
    }

    /// `GEOPOS`: the longitude and latitude of each member; nothing for one that is none. O(N).
    fn geopos(&self, key: impl ToArg, members: impl ToArg) -> Call<'_, Vec<Option<(f64, f64)>>> {
        self.ask(cmd("GEOPOS").arg(key).arg(members))
    }

    /// `GEODIST`: how far two members are apart; nothing if one is none. O(log N).
    fn geodist(&self, key: impl ToArg, one: impl ToArg, other: impl ToArg, unit: GeoUnit) -> Call<'_, Option<f64>> {
        self.ask(cmd("GEODIST").arg(key).arg(one).arg(other).arg(unit))
    }

    /// `GEOHASH`: the members' geohash texts. O(N).
    fn geohash(&self, key: impl ToArg, members: impl ToArg) -> Call<'_, Vec<Option<String>>> {
        self.ask(cmd("GEOHASH").arg(key).arg(members))
    }

    /// `GEOSEARCH`: the members within a shape. O(N + log M), N: members near the shape.
    fn geosearch<T: FromValue>(
        &self,
        key: impl ToArg,
        origin: GeoOrigin<'_>,
        shape: GeoShape,
        options: SearchOptions,
    ) -> Call<'_, Vec<T>> {
        let search = cmd("GEOSEARCH").arg(key).arg(origin);
        self.ask(search.arg(shape).arg(options))
    }

    /// `GEOSEARCH .. WITHDIST`: with how far each is from the centre, in the shape's unit. O(N + log M).
    fn geosearch_with_distance<T: FromValue>(
        &self,
        key: impl ToArg,
        origin: GeoOrigin<'_>,
        shape: GeoShape,
        options: SearchOptions,
    ) -> Call<'_, Vec<(T, f64)>> {
        let search = cmd("GEOSEARCH").arg(key).arg(origin);
        self.ask(search.arg(shape).arg(options).arg("WITHDIST"))
    }
}

impl Geo for Client {}
