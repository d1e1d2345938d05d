//! Commands at the RESP edge: what each of them does to the keys it names, and what it answers.

pub mod cx;
pub mod error;

pub use cx::{Delta, Deltas, Expiry, KeyCx, SlotCx, Writer};
pub use error::CommandError;

/// The longest value that a command may build, in bytes: Redis's default `proto-max-bulk-len`.
pub const VALUE_BYTES_MAX: usize = 512 << 20;
