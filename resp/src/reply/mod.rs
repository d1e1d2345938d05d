//! From answers to bytes, and back again.

mod buf;
mod error;
mod number;
mod parser;
mod shared;
mod value;

pub use buf::{Proto, ReplyBuf};
pub use error::ReplyError;
pub(crate) use number::append_u64;
pub use parser::{Progress, ReplyParser};
pub use value::Value;
