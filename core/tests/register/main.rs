//! Whole worlds of registers: random schedules, and all schedules of small ones.

// What the document of the tests names, here and in the unit tests.
use circlet_core::register::{Document, ShortId, Voters};
use circlet_core::topology::Epoch;

mod change;
mod model;
mod scenes;
mod schedules;
mod toy;
mod world;
