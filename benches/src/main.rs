//! Benchmarks against other servers, and criterion micro-benchmarks.
fn main() {}
