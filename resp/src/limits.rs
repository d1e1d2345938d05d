//! What a client may ask a parser to hold.

/// Bounds on one request. They are checked against what a client *announces*, before anything is reserved for it.
///
/// The defaults are Redis's, where Redis has one. Raising a limit raises, one for one, the memory that one connection can
/// pin: a request is held whole until it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest argument, in bytes. Default 512 MiB (`proto-max-bulk-len`). Past it: `invalid bulk length`.
    pub bulk_bytes_max: usize,
    /// Most arguments of one command, its name included. Default 1,048,576. Past it: `invalid multibulk length`.
    pub args_max: usize,
    /// Longest inline command, and longest line that holds a length, in bytes without the line's end. Default 64 KiB.
    /// Past it: `too big inline request`, `too big mbulk count string` or `too big bulk count string`.
    pub inline_bytes_max: usize,
    /// Longest request on the wire, in bytes. Default 1 GiB (`client-query-buffer-limit`). Past it: `too big request`.
    /// Values above [`Limits::REQUEST_BYTES_CEILING`] count as that.
    pub request_bytes_max: usize,
    /// Whether the client has shown who it is, or need not. When `false`, a command may have 10 arguments of 16 KiB each, as in
    /// Redis: a stranger must not make the server hold much.
    pub authenticated: bool,
}

impl Limits {
    /// The most that [`Limits::request_bytes_max`] can be: positions in a request are 32 bits wide.
    pub const REQUEST_BYTES_CEILING: usize = 3 << 30;

    /// Arguments of one command before authentication.
    pub(crate) const STRANGER_ARGS_MAX: usize = 10;

    /// Bytes of one argument before authentication.
    pub(crate) const STRANGER_BULK_BYTES_MAX: usize = 16 << 10;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bulk_bytes_max: 512 << 20,
            args_max: 1 << 20,
            inline_bytes_max: 64 << 10,
            request_bytes_max: 1 << 30,
            authenticated: true,
        }
    }
}

/// Bounds on one reply, for a client. They are checked against what a server announces, before anything is reserved for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLimits {
    /// Longest reply on the wire, in bytes. Default 1 GiB.
    pub reply_bytes_max: usize,
    /// Most elements of a reply, at all depths together. Default 16,777,216. An element takes 3 bytes on the wire but 32 in memory:
    /// this is what bounds a client's memory.
    pub elements_max: usize,
    /// Most aggregates within each other. Default 32.
    pub depth_max: usize,
    /// Longest status, error or number, in bytes. Default 64 KiB.
    pub line_bytes_max: usize,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self {
            reply_bytes_max: 1 << 30,
            elements_max: 1 << 24,
            depth_max: 32,
            line_bytes_max: 64 << 10,
        }
    }
}
