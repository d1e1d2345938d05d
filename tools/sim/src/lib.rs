//! Whole clusters of the real core in virtual time, from one seed.
//!
//! ```text
//!   seed --> faults, workload --> World (agenda, network, clocks) <--> nodes (ControlPlane, WriteOp, ReadOp, Hints; real foca)
//!                                   |
//!                                history, entries --> invariants --> Report
//! ```
//!
//! Every draw comes from the seed, nothing reads a clock, and one thread runs everything: the same seed gives the same trace, byte for
//! byte, so that a failure found once is found again. A [`Bug`] leaves one rule of the design out, to show that the checks see
//! its absence. docs/design/simulation.md is the guide.

mod agenda;
mod bug;
mod changes;
mod command;
mod fault;
mod history;
mod invariant;
mod letter;
mod limits;
mod network;
mod node;
mod random;
mod report;
pub mod scale;
pub mod scenario;
mod seed_run;
mod stalker;
mod trace;
mod voters;
mod workload;
mod world;

pub use bug::Bug;
pub use report::Report;
pub use seed_run::{RunOptions, run_seed};
