//! The commands that are not on keys, as a client sees them, on a cluster of three nodes in this process.

mod addresses;
mod announce;
mod big_values;
mod blocking;
mod busy;
mod client;
mod cluster;
mod commands;
mod counters;
mod dialling;
mod explain;
mod forwarding;
mod hedging;
mod hot_keys;
mod impostor;
mod keyspace;
mod levels;
mod many_keys;
mod memory;
mod minority;
mod relay;
mod settings;
mod stats;
mod tracking;
mod visible;
mod votes;
