//! What a node counts and measures, cheaply enough for the hot path, and how Prometheus reads it.
//!
//! ```text
//!  thread 1: [shard 1: cells of all counters]  \
//!  thread 2: [shard 2: cells of all counters]   >-- summed at scrape --> Collector --> /metrics
//!  thread n: [shard n: cells of all counters]  /
//! ```
//!
//! Every thread has a shard of its own and is the only one to write there: an increment is a load, an addition and a
//! store without a locked instruction, and no cache line travels between cores. Reading is what costs, and happens
//! some times a minute. A shared `prometheus` counter costs 16 ns under two threads, its histogram 141 ns; these
//! cost about 1 ns (`cargo run --release -p circlet-server --example metrics_cost`).
//!
//! Refused: the registry's own types for rare metrics. Two kinds of counter would need two ways to reset and to read
//! for INFO, and "rare" is a guess.

mod balance;
mod buckets;
mod count;
mod counters;
mod family;
mod histograms;
mod node_metrics;
mod process;
mod rate;
mod registry;
mod shard;

pub use balance::{Balance, Watch};
pub use count::Count;
pub use counters::Counters;
pub use histograms::{Histograms, Snapshot};
pub use node_metrics::NodeMetrics;
pub use process::{ProcessUsage, usage};
pub use rate::Rate;
pub use registry::Registry;
