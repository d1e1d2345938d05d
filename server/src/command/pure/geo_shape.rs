//! A circle or a box on earth, and the cells that cover it: nine at most, the one in the middle and those around it.

use super::geohash::{Area, Cell, Place, STEP_MAX};

/// Half of the equator, in metres, as the Mercator projection has it.
const MERCATOR_M: f64 = 20_037_726.37;
/// Beyond these latitudes, in degrees, parallels are so short that cells must be larger.
const SHORT_PARALLELS: [f64; 2] = [66.0, 80.0];

/// What a search is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Its middle.
    pub middle: Place,
    /// How far it reaches.
    pub extent: Extent,
}

/// How far a shape reaches, in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// So far in all directions.
    Radius(f64),
    /// A box of this width and height around the middle.
    Box(f64, f64),
}

impl Shape {
    /// How far a place is from the middle, in metres, if it is within.
    #[must_use]
    pub fn distance_m(&self, place: Place) -> Option<f64> {
        match self.extent {
            Extent::Radius(radius_m) => {
                let distance_m = self.middle.distance_m(place);
                (distance_m <= radius_m).then_some(distance_m)
            }
            Extent::Box(width_m, height_m) => {
                if self.middle.latitude_distance_m(place) > height_m / 2.0 {
                    return None;
                }
                let beside = Place {
                    longitude: self.middle.longitude,
                    ..place
                };
                let is_within = place.distance_m(beside) <= width_m / 2.0;
                is_within.then(|| self.middle.distance_m(place))
            }
        }
    }

    /// The cells that cover it, in the order in which Redis searches them.
    #[must_use]
    pub fn cells(&self) -> Vec<Cell> {
        let (width_m, height_m, radius_m) = match self.extent {
            Extent::Radius(radius_m) => (radius_m, radius_m, radius_m),
            Extent::Box(width_m, height_m) => {
                let (width_m, height_m) = (width_m / 2.0, height_m / 2.0);
                (width_m, height_m, (width_m * width_m + height_m * height_m).sqrt())
            }
        };
        let bounds = self.middle.around(width_m, height_m);
        let mut step = step_for(radius_m, self.middle.latitude);
        if step > 1 && !reaches(Cell::of(self.middle, step), bounds) {
            step -= 1;
        }
        let cell = Cell::of(self.middle, step);
        let area = cell.area();
        // A neighbour is of no use if the cell itself reaches beyond the shape on that side.
        let is_useful = |east: i8, north: i8| {
            let is_beyond = east < 0 && area.longitude[0] < bounds.longitude[0]
                || east > 0 && area.longitude[1] > bounds.longitude[1]
                || north < 0 && area.latitude[0] < bounds.latitude[0]
                || north > 0 && area.latitude[1] > bounds.latitude[1];
            step < 2 || !is_beyond
        };
        let around = [
            (0, 0),
            (0, 1),
            (0, -1),
            (1, 0),
            (-1, 0),
            (1, 1),
            (-1, 1),
            (1, -1),
            (-1, -1),
        ];
        let useful = around.into_iter().filter(|&(east, north)| is_useful(east, north));
        let mut cells: Vec<Cell> = useful.map(|(east, north)| cell.beside(east, north)).collect();
        // Cells half as wide as the earth are their own neighbours on both sides.
        cells.dedup();
        cells
    }
}

/// Whether a cell's neighbours cover an area.
fn reaches(cell: Cell, bounds: Area) -> bool {
    cell.beside(0, 1).area().latitude[1] >= bounds.latitude[1]
        && cell.beside(0, -1).area().latitude[0] <= bounds.latitude[0]
        && cell.beside(1, 0).area().longitude[1] >= bounds.longitude[1]
        && cell.beside(-1, 0).area().longitude[0] <= bounds.longitude[0]
}

/// The step of cells that are, with their neighbours, about as large as a circle.
fn step_for(radius_m: f64, latitude: f64) -> u32 {
    if radius_m == 0.0 {
        return STEP_MAX;
    }
    let (mut reach_m, mut step) = (radius_m, 1);
    while reach_m < MERCATOR_M {
        reach_m *= 2.0;
        step += 1;
    }
    let short = SHORT_PARALLELS.iter().filter(|&&limit| latitude.abs() > limit).count();
    (step - 2 - short as i32).clamp(1, STEP_MAX as i32) as u32
}
