//! Commands at the RESP edge: what each of them does to the keys it names, and what it answers.

mod big;
pub mod bits;
pub mod error;
pub mod extended;
pub mod glob;
pub mod number;
pub mod span;
pub mod subsequence;

pub use error::CommandError;

/// The longest value that a command may build, in bytes: Redis's default `proto-max-bulk-len`.
pub const VALUE_BYTES_MAX: usize = 512 << 20;
