//! From a client's bytes to commands.

mod args;
mod batch;
mod encode;
mod error;
mod inline;
mod length;
mod opening;
mod parser;

pub use args::{ArgRange, Args, ArgsIter};
pub use batch::Batch;
pub use encode::encode_request;
pub use error::ProtocolError;
pub(crate) use length::integer;
pub use parser::{Parsed, RequestParser};
