//! What GEOSEARCH, GEORADIUS and their kin have in common: reading what is asked for, finding it, answering it or writing it.

use circlet_core::collection::{ScoreBound, SortedSetView};
use circlet_resp::{Args, ReplyBuf};

use super::error::GeoError;
use super::units::{length, place, reply_length, reply_place, unit_m};
use crate::command::error::CommandError;
use crate::command::pure::geo_shape::{Extent, Shape};
use crate::command::pure::geohash::Place;
use crate::command::pure::number::integer;
use crate::command::sorted_set::answer::Owned;

/// Which command asks, and so which options there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// GEOSEARCH.
    Search,
    /// GEOSEARCHSTORE.
    SearchStore,
    /// GEORADIUS, its middle a place or a member.
    Radius { by_member: bool },
    /// The same, only reading.
    RadiusRo { by_member: bool },
}

/// In which order places are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// As they are found.
    None,
    /// The nearest first.
    Asc,
    /// The farthest first.
    Desc,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    /// `None` while it was not said, or if it is a member of a sorted set that does not exist.
    middle: Option<Place>,
    has_middle: bool,
    /// Whether FROMMEMBER said it.
    middle_is_member: bool,
    extent: Option<Extent>,
    /// Metres of the unit that was named.
    unit_m: f64,
    order: Order,
    count: Option<usize>,
    any: bool,
    with_distance: bool,
    with_hash: bool,
    with_place: bool,
    /// Where GEORADIUS writes what it finds.
    pub(super) store: Option<&'a [u8]>,
    store_distance: bool,
}

/// A place that was found.
#[derive(Clone, Debug)]
struct Found {
    member: Box<[u8]>,
    score: f64,
    distance_m: f64,
}

impl<'a> Query<'a> {
    /// Reads the arguments from `at` on, behind the key that is searched, which holds `sorted_set`.
    ///
    /// # Errors
    ///
    /// As Redis, in its order.
    pub(super) fn parse(
        spelling: Spelling,
        command: Args<'a>,
        at: usize,
        sorted_set: &SortedSetView<'_>,
    ) -> Result<Self, CommandError> {
        let mut query = Self {
            middle: None,
            has_middle: false,
            middle_is_member: false,
            extent: None,
            unit_m: 1.0,
            order: Order::None,
            count: None,
            any: false,
            with_distance: false,
            with_hash: false,
            with_place: false,
            store: None,
            store_distance: false,
        };
        let args = command.skip(at);
        let mut rest = match spelling {
            Spelling::Search | Spelling::SearchStore => args,
            Spelling::Radius { by_member } | Spelling::RadiusRo { by_member } => {
                query.take_circle(by_member, args, sorted_set)?
            }
        };
        while !rest.is_empty() {
            let used = query.take_option(spelling, rest, sorted_set)?;
            rest = rest.skip(used);
        }
        query.check(spelling, command.name())?;
        Ok(query)
    }

    /// Reads the middle and the radius of GEORADIUS.
    fn take_circle(
        &mut self,
        by_member: bool,
        args: Args<'a>,
        sorted_set: &SortedSetView<'_>,
    ) -> Result<Args<'a>, CommandError> {
        if !by_member {
            self.take_middle(Some(place(args)?));
            self.take_radius(args.skip(2))?;
            return Ok(args.skip(4));
        }
        // As Redis, which does not look at the radius if there is nothing.
        if !sorted_set.is_empty() {
            self.take_middle(Some(place_of(&args[0], sorted_set)?));
            self.take_radius(args.skip(1))?;
        }
        Ok(args.skip(3))
    }

    fn take_middle(&mut self, middle: Option<Place>) {
        self.has_middle = true;
        self.middle = middle;
    }

    fn take_radius(&mut self, args: Args<'_>) -> Result<(), CommandError> {
        let radius = length(&args[0], "radius")?;
        if radius < 0.0 {
            return Err(GeoError::NegativeRadius.into());
        }
        self.unit_m = unit_m(&args[1])?;
        self.extent = Some(Extent::Radius(radius * self.unit_m));
        Ok(())
    }

    fn take_box(&mut self, args: Args<'_>) -> Result<(), CommandError> {
        let (width, height) = (length(&args[0], "width")?, length(&args[1], "height")?);
        if width < 0.0 || height < 0.0 {
            return Err(GeoError::NegativeBox.into());
        }
        self.unit_m = unit_m(&args[2])?;
        self.extent = Some(Extent::Box(width * self.unit_m, height * self.unit_m));
        Ok(())
    }

    /// Reads the option at the front, and says how many arguments it has, itself included.
    fn take_option(
        &mut self,
        spelling: Spelling,
        args: Args<'a>,
        sorted_set: &SortedSetView<'_>,
    ) -> Result<usize, CommandError> {
        let values = args.len() - 1;
        match args[0].to_ascii_lowercase().as_slice() {
            b"withdist" => self.with_distance = true,
            b"withhash" => self.with_hash = true,
            b"withcoord" => self.with_place = true,
            b"any" => self.any = true,
            b"asc" => self.order = Order::Asc,
            b"desc" => self.order = Order::Desc,
            b"count" if values > 0 => {
                let count = usize::try_from(integer(&args[1])?).ok().filter(|&count| count > 0);
                self.count = Some(count.ok_or(GeoError::Count)?);
                return Ok(2);
            }
            b"storedist" if spelling == Spelling::SearchStore => self.store_distance = true,
            word @ (b"store" | b"storedist") if matches!(spelling, Spelling::Radius { .. }) && values > 0 => {
                self.store = args.get(1);
                self.store_distance = word == b"storedist";
                return Ok(2);
            }
            word if matches!(spelling, Spelling::Search | Spelling::SearchStore) => {
                return self.take_shape(word, args, sorted_set);
            }
            _ => return Err(CommandError::Syntax),
        }
        Ok(1)
    }

    /// Reads one of the options that say where GEOSEARCH searches.
    fn take_shape(
        &mut self,
        word: &[u8],
        args: Args<'a>,
        sorted_set: &SortedSetView<'_>,
    ) -> Result<usize, CommandError> {
        let values = args.len() - 1;
        let is_from_member = self.has_middle && self.middle_is_member;
        match word {
            b"frommember" if values > 0 && (!self.has_middle || is_from_member) => {
                let middle = (!sorted_set.is_empty()).then(|| place_of(&args[1], sorted_set));
                self.take_middle(middle.transpose()?);
                self.middle_is_member = true;
                Ok(2)
            }
            b"fromlonlat" if values > 1 && !is_from_member => {
                self.take_middle(Some(place(args.skip(1))?));
                Ok(3)
            }
            b"byradius" if values > 1 && !matches!(self.extent, Some(Extent::Box(..))) => {
                self.take_radius(args.skip(1))?;
                Ok(3)
            }
            b"bybox" if values > 2 && !matches!(self.extent, Some(Extent::Radius(_))) => {
                self.take_box(args.skip(1))?;
                Ok(4)
            }
            _ => Err(CommandError::Syntax),
        }
    }

    fn check(&self, spelling: Spelling, name: &[u8]) -> Result<(), CommandError> {
        let answers_more = self.with_distance || self.with_hash || self.with_place;
        let name = || String::from_utf8_lossy(name).into();
        let searches = matches!(spelling, Spelling::Search | Spelling::SearchStore);
        let error = if answers_more && spelling == Spelling::SearchStore {
            GeoError::StoreAndWith("GEOSEARCHSTORE")
        } else if answers_more && self.store.is_some() {
            GeoError::StoreAndWith("STORE option in GEORADIUS")
        } else if searches && !self.has_middle {
            GeoError::From(name())
        } else if searches && self.extent.is_none() {
            GeoError::By(name())
        } else if self.any && self.count.is_none() {
            GeoError::AnyWithoutCount
        } else {
            return Ok(());
        };
        Err(error.into())
    }

    /// Answers what is found.
    pub(super) fn answer(&self, sorted_set: &SortedSetView<'_>, reply: &mut ReplyBuf) {
        let found = self.find(sorted_set);
        let more = [self.with_distance, self.with_hash, self.with_place];
        let more = more.into_iter().filter(|&asked| asked).count();
        reply.array(found.len());
        for place in found {
            if more > 0 {
                reply.array(1 + more);
            }
            reply.bulk(&place.member);
            if self.with_distance {
                reply_length(place.distance_m / self.unit_m, reply);
            }
            if self.with_hash {
                reply.integer(place.score as i64);
            }
            if self.with_place {
                reply_place(Place::of_score(place.score), reply);
            }
        }
    }

    /// What is to be written: members with their places as scores, or their distances if those are asked for.
    pub(super) fn stored(&self, sorted_set: &SortedSetView<'_>) -> Vec<Owned> {
        let members = self.find(sorted_set).into_iter().map(|found| Owned {
            score: if self.store_distance {
                found.distance_m / self.unit_m
            } else {
                found.score
            },
            member: found.member,
        });
        members.collect()
    }

    fn find(&self, sorted_set: &SortedSetView<'_>) -> Vec<Found> {
        let (Some(middle), Some(extent)) = (self.middle, self.extent) else {
            return Vec::new();
        };
        let shape = Shape { middle, extent };
        let enough = if self.any { self.count } else { None }.unwrap_or(usize::MAX);
        let in_cells = shape.cells().into_iter().flat_map(|cell| {
            let scores = cell.scores();
            let ranks = sorted_set.ranks_by_score(ScoreBound::Included(scores.start), ScoreBound::Excluded(scores.end));
            sorted_set.by_rank(ranks)
        });
        let within = in_cells.filter_map(|scored| {
            let distance_m = shape.distance_m(Place::of_score(scored.score))?;
            Some(Found {
                member: scored.member.into(),
                score: scored.score,
                distance_m,
            })
        });
        let mut found: Vec<Found> = within.take(enough).collect();
        // The nearest ones are meant if there are more than asked for.
        let order = match self.order {
            Order::None if self.count.is_some() && !self.any => Order::Asc,
            order => order,
        };
        match order {
            Order::None => {}
            Order::Asc => found.sort_by(|left, right| left.distance_m.total_cmp(&right.distance_m)),
            Order::Desc => found.sort_by(|left, right| right.distance_m.total_cmp(&left.distance_m)),
        }
        found.truncate(self.count.unwrap_or(usize::MAX));
        found
    }
}

fn place_of(member: &[u8], sorted_set: &SortedSetView<'_>) -> Result<Place, CommandError> {
    let score = sorted_set.score(member).ok_or(GeoError::NoSuchMember)?;
    Ok(Place::of_score(score))
}
