//! What a user relies on, shown with the real program: clusters of processes on loopback, driven from outside.
//!
//! One test binary, so that one link and one lock serve all: a cluster of three nodes wants the machine for itself, and
//! times are measured. `cargo test -p circlet --test acceptance -- clients` runs one part of it.
//!
//! ```text
//!   Cluster::start()  --circlet up --detach-->  three nodes on free ports, in a folder of their own
//!        | kill, restart, pause, resume, status          Client, Roamer: blocking RESP
//!        `- drop: every node is ended, also when the test has failed
//! ```

mod bad_input;
mod cancel;
mod channel;
mod cli;
mod clients;
mod command_line;
mod failure;
mod load;
mod operating;
mod rebalance;
mod recover;
mod slow_readers;
mod smart_client;
mod support;
mod tombstones;
mod top;
mod trace;
mod transactions;
