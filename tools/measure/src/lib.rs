//! What everything that measures Circlet needs, written once: `circlet-benches`, `circlet bench` and the simulator depend on it, and it on nothing.

mod cpu;
mod histogram;
pub mod plot;
mod ports;
mod random;

pub use cpu::process_ns;
pub use histogram::Histogram;
pub use ports::{free_block, free_port};
pub use random::Random;
