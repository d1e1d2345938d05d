//! The gate: verify, fix, tidy.
fn main() {}
