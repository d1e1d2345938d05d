//! From answers to bytes, and back again.

mod buf;
mod number;

pub use buf::{Proto, ReplyBuf};
