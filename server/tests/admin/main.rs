//! The commands that are not on keys, as a client sees them, on a cluster of three nodes in this process.

mod announce;
mod big_values;
mod blocking;
mod busy;
mod client;
mod cluster;
mod commands;
mod counters;
mod dialling;
mod impostor;
mod keyspace;
mod many_keys;
mod memory;
mod minority;
mod relay;
mod stats;
mod tracking;
mod visible;
