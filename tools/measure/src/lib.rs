//! What every load generator of Circlet needs, written once: `circlet-benches` and `circlet bench` depend on it, and it on nothing.

mod cpu;
mod histogram;
mod ports;
mod random;

pub use cpu::process_ns;
pub use histogram::Histogram;
pub use ports::{free_block, free_port};
pub use random::Random;
