//! Any bytes from a server: no panic, bounded memory, and reads of any size give the same replies and the same fault.
#![no_main]

use circlet_resp::{ReplyError, ReplyLimits, ReplyParser, Value};
use libfuzzer_sys::fuzz_target;

/// Small, so that short inputs reach every limit.
const LIMITS: ReplyLimits = ReplyLimits {
    reply_bytes_max: 5000,
    elements_max: 200,
    depth_max: 6,
    line_bytes_max: 64,
};

/// Replies as text: a NaN equals nothing, but prints like another NaN.
fn parse(bytes: &[u8], piece: usize) -> (Vec<String>, Option<ReplyError>) {
    let (mut parser, mut values) = (ReplyParser::new(LIMITS), Vec::new());
    let mut buf = Vec::new();
    for read in bytes.chunks(piece) {
        buf.extend_from_slice(read);
        loop {
            match parser.parse(&buf) {
                Err(error) => return (values, Some(error)),
                Ok(progress) => {
                    buf.drain(..progress.consumed);
                    let Some(value) = progress.value else { break };
                    assert!(depth(&value) <= LIMITS.depth_max + 1);
                    values.push(format!("{value:?}"));
                }
            }
        }
    }
    (values, None)
}

fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) | Value::Set(items) | Value::Push(items) => items.iter().map(depth).max(),
        Value::Map(entries) => entries.iter().map(|(key, value)| depth(key).max(depth(value))).max(),
        _ => return 1,
    };
    1 + deepest.unwrap_or(0)
}

fuzz_target!(|input: &[u8]| {
    let Some((&piece, bytes)) = input.split_first() else {
        return;
    };
    let whole = parse(bytes, bytes.len().max(1));
    assert_eq!(parse(bytes, usize::from(piece) + 1), whole);
    assert_eq!(parse(bytes, 1), whole);
});
