//! Places on earth as 52-bit numbers, so that places near each other are few ranges of numbers: the scores of GEOADD.
//!
//! ```text
//!   longitude and latitude, each as a fraction of its range, 26 bits: lon lat lon lat ... from the top bit
//! ```
//!
//! A cell of `step` is all places with the same first `2 * step` bits; it is aligned to 52 bits as a range of scores. The arithmetic, its
//! order included, is Redis's, so that the same doubles come out.

use std::ops::Range;

/// Bits of a score for each of longitude and latitude.
pub const STEP_MAX: u32 = 26;
/// The longitudes that there are, in degrees.
const LONGITUDES: [f64; 2] = [-180.0, 180.0];
/// The latitudes that can be stored, in degrees: those of the Mercator projection.
const LATITUDES: [f64; 2] = [-85.051_128_78, 85.051_128_78];
/// The latitudes of the common geohash texts, in degrees.
const TEXT_LATITUDES: [f64; 2] = [-90.0, 90.0];
const EARTH_RADIUS_M: f64 = 6_372_797.560_856;
const RADIANS_PER_DEGREE: f64 = std::f64::consts::PI / 180.0;
/// The characters of geohash texts.
const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
/// The bits of the longitude.
const X_BITS: u64 = 0xaaaa_aaaa_aaaa_aaaa;
/// The bits of the latitude.
const Y_BITS: u64 = 0x5555_5555_5555_5555;

/// A place on earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// West to east.
    pub longitude: f64,
    /// South to north.
    pub latitude: f64,
}

/// A rectangle of longitudes and latitudes, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The western and eastern ends.
    pub longitude: [f64; 2],
    /// The southern and northern ends.
    pub latitude: [f64; 2],
}

/// All places that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    bits: u64,
    step: u32,
}

impl Place {
    /// Whether it can be stored.
    #[must_use]
    pub fn is_valid(self) -> bool {
        let within = |value: f64, [min, max]: [f64; 2]| (min..=max).contains(&value);
        within(self.longitude, LONGITUDES) && within(self.latitude, LATITUDES)
    }

    /// The score that stands for it.
    #[must_use]
    pub fn score(self) -> f64 {
        // 52 bits fit a double's mantissa.
        Cell::of(self, STEP_MAX).bits as f64
    }

    /// The middle of the cell that a score stands for.
    #[must_use]
    pub fn of_score(score: f64) -> Self {
        let area = Cell {
            bits: score as u64,
            step: STEP_MAX,
        }
        .area();
        let middle = |[min, max]: [f64; 2], limits: [f64; 2]| f64::midpoint(min, max).clamp(limits[0], limits[1]);
        Self {
            longitude: middle(area.longitude, LONGITUDES),
            latitude: middle(area.latitude, LATITUDES),
        }
    }

    /// How far it is to another place, in metres, on a sphere.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let v = ((radians(other.longitude) - radians(self.longitude)) / 2.0).sin();
        if v == 0.0 {
            return self.latitude_distance_m(other);
        }
        let (here, there) = (radians(self.latitude), radians(other.latitude));
        let u = ((there - here) / 2.0).sin();
        let a = u * u + here.cos() * there.cos() * v * v;
        2.0 * EARTH_RADIUS_M * a.sqrt().asin()
    }

    /// How far it is to another place's latitude, in metres.
    #[must_use]
    pub fn latitude_distance_m(self, other: Self) -> f64 {
        EARTH_RADIUS_M * (radians(other.latitude) - radians(self.latitude)).abs()
    }

    /// The area up to so many metres to each side, and to the north and the south.
    #[must_use]
    pub fn around(self, width_m: f64, height_m: f64) -> Area {
        let up = degrees(height_m / EARTH_RADIUS_M);
        // The parallel nearer to the pole is the shorter one.
        let edge = if self.latitude < 0.0 {
            self.latitude - up
        } else {
            self.latitude + up
        };
        let aside = degrees(width_m / EARTH_RADIUS_M / radians(edge).cos());
        Area {
            longitude: [self.longitude - aside, self.longitude + aside],
            latitude: [self.latitude - up, self.latitude + up],
        }
    }

    /// The geohash as everybody writes it, of 11 characters. The last one says nothing: there are no bits for it.
    #[must_use]
    pub fn text(self) -> [u8; 11] {
        let bits = interleaved(self, TEXT_LATITUDES, STEP_MAX);
        std::array::from_fn(|at| match at {
            10 => ALPHABET[0],
            at => ALPHABET[(bits >> (2 * STEP_MAX as usize - (at + 1) * 5)) as usize & 31],
        })
    }
}

impl Cell {
    /// The cell of this step that a place is in.
    #[must_use]
    pub fn of(place: Place, step: u32) -> Self {
        Self {
            bits: interleaved(place, LATITUDES, step),
            step,
        }
    }

    /// The cell so many cells to the east and to the north; round the earth.
    #[must_use]
    pub fn beside(self, east: i8, north: i8) -> Self {
        let unused = 64 - self.step * 2;
        let (x_bits, y_bits) = (X_BITS >> unused, Y_BITS >> unused);
        let x = moved(self.bits & x_bits, y_bits, east) & x_bits;
        let y = moved(self.bits & y_bits, x_bits, north) & y_bits;
        Self { bits: x | y, ..self }
    }

    /// Its ends.
    #[must_use]
    pub fn area(self) -> Area {
        let ends = |number: u64, [min, max]: [f64; 2]| {
            let end = |number: u64| min + (number as f64 / (1_u64 << self.step) as f64) * (max - min);
            [end(number), end(number + 1)]
        };
        Area {
            longitude: ends(gathered(self.bits >> 1), LONGITUDES),
            latitude: ends(gathered(self.bits), LATITUDES),
        }
    }

    /// The scores of the places in it: from the first up to, not including, the second.
    #[must_use]
    pub fn scores(self) -> Range<f64> {
        let aligned = |bits: u64| (bits << (2 * (STEP_MAX - self.step))) as f64;
        aligned(self.bits)..aligned(self.bits + 1)
    }
}

fn radians(degrees: f64) -> f64 {
    degrees * RADIANS_PER_DEGREE
}

fn degrees(radians: f64) -> f64 {
    radians / RADIANS_PER_DEGREE
}

fn interleaved(place: Place, latitudes: [f64; 2], step: u32) -> u64 {
    let fraction = |value: f64, [min, max]: [f64; 2]| ((value - min) / (max - min) * (1_u64 << step) as f64) as u32;
    spread(fraction(place.latitude, latitudes)) | spread(fraction(place.longitude, LONGITUDES)) << 1
}

/// Each bit at twice its place.
fn spread(number: u32) -> u64 {
    let steps = [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, Y_BITS),
    ];
    steps
        .into_iter()
        .fold(u64::from(number), |bits, (by, mask)| (bits | bits << by) & mask)
}

/// The bits at even places, next to each other.
fn gathered(bits: u64) -> u64 {
    let steps = [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ];
    steps
        .into_iter()
        .fold(bits & Y_BITS, |bits, (by, mask)| (bits | bits >> by) & mask)
}

/// Adds to a number whose bits stand among `others`; what overflows is the caller's to cut off.
fn moved(number: u64, others: u64, by: i8) -> u64 {
    match by {
        0 => number,
        1.. => number.wrapping_add(others + 1),
        _ => (number | others).wrapping_sub(others + 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> impl Strategy<Value = Place> {
        (-180.0..180.0, -85.0..85.0).prop_map(|(longitude, latitude)| Place { longitude, latitude })
    }

    #[test]
    fn a_place_has_the_score_and_the_text_that_redis_gives_it() {
        let palermo = Place {
            longitude: 13.361_389,
            latitude: 38.115_556,
        };
        assert_eq!(palermo.score(), 3_479_099_956_230_698.0);
        assert_eq!(&Place::of_score(palermo.score()).text(), b"sqc8b49rny0");
    }

    #[test]
    fn neighbours_go_round_the_earth() {
        let east = Place {
            longitude: 179.9,
            latitude: 1.0,
        };
        let west = Place {
            longitude: -179.9,
            ..east
        };
        assert_eq!(Cell::of(east, 5).beside(1, 0), Cell::of(west, 5));
        assert_eq!(Cell::of(west, 5).beside(-1, 0), Cell::of(east, 5));
    }

    proptest! {
        #[test]
        fn a_score_stands_for_a_place_nearby(place in place()) {
            prop_assert!(place.distance_m(Place::of_score(place.score())) < 1.0);
        }

        #[test]
        fn a_cell_holds_the_scores_of_its_places(place in place(), step in 1..=STEP_MAX) {
            prop_assert!(Cell::of(place, step).scores().contains(&place.score()));
        }

        #[test]
        fn there_and_back_is_here(place in place(), step in 2..=STEP_MAX, east in -1..=1i8, north in -1..=1i8) {
            let cell = Cell::of(place, step);
            prop_assert_eq!(cell.beside(east, north).beside(-east, -north), cell);
        }

        #[test]
        fn bits_that_were_spread_are_gathered_again(number: u32) {
            prop_assert_eq!(gathered(spread(number)), u64::from(number));
        }
    }
}
