//! Arguments for tests, from a line as a client would type it.

use circlet_resp::{Args, Batch, Limits, RequestParser};

/// Calls `then` with the arguments that `line`, an inline command, consists of.
pub(super) fn with_args<T>(line: &str, then: impl FnOnce(Args<'_>) -> T) -> T {
    let (mut parser, mut batch) = (RequestParser::new(Limits::default()), Batch::new());
    let bytes = format!("{line}\r\n").into_bytes();
    parser
        .parse(&bytes, &mut batch, 1)
        .expect("a command that a client could have typed");
    then(batch.args(0, &bytes))
}
