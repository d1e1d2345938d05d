//! From answers to bytes, and back again.

mod buf;
mod error;
mod number;
mod parser;
mod shared;
mod value;

pub use buf::{Proto, ReplyBuf};
pub use error::ReplyError;
pub use parser::{Progress, ReplyParser};
pub use value::Value;
