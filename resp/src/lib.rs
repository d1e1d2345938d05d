//! RESP2 and RESP3, without a socket in sight.
//!
//! ```text
//!   bytes of a client --> RequestParser --> Batch of Args --> command::lookup --> handler
//!                                                                                   |
//!   bytes to a client <----------------------------- ReplyBuf <---------------------+
//!   bytes of a server --> ReplyParser --> Value          (what a client does with them)
//! ```
//!
//! Everything here is pure: bytes in, values out. Who reads the bytes, and when, is the caller's business.
//! Lengths that come from the wire are checked before they size anything, and "not all bytes are there yet"
//! is a value, never an error. `docs/design/resp.md` explains the choices.

pub mod command;
mod limits;
mod reply;
mod request;

pub use limits::{Limits, ReplyLimits};
pub use reply::{Progress, Proto, ReplyBuf, ReplyError, ReplyParser, Value};
pub use request::{ArgRange, Args, ArgsIter, Batch, Parsed, ProtocolError, RequestParser, encode_request};
