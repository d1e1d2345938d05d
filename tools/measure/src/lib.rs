//! What everything that measures Circlet needs, written once: `circlet-benches`, `circlet bench` and the simulator depend on it, and it on no crate
//! of the workspace.

mod cpu;
mod histogram;
pub mod load;
pub mod plot;
mod ports;
mod random;
mod redis;
mod zipf;

pub use cpu::{own_ns, process_ns};
pub use histogram::Histogram;
pub use ports::{free_block, free_port};
pub use random::Random;
pub use redis::redis_args;
pub use zipf::Zipf;
