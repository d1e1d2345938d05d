//! Functions of bytes and numbers that the commands are made of: no key, no reply, no time.

mod big;
pub mod bitfield;
pub mod bits;
pub mod double;
pub mod extended;
pub mod geo_shape;
pub mod geohash;
pub mod glob;
pub mod hyperloglog;
pub mod many;
pub mod murmur;
pub mod number;
pub mod register_chunk;
pub mod span;
pub mod subsequence;
pub mod timeout;
