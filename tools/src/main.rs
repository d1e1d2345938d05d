//! Circlet: a cache cluster. Program: up, down, node, status.
fn main() {}
