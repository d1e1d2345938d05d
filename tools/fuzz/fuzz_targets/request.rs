//! Any bytes from a client: no panic, bounded work, and reads of any size give the same commands and the same fault.
#![no_main]

use circlet_resp::{Batch, Limits, ProtocolError, ReplyBuf, RequestParser, command};
use libfuzzer_sys::fuzz_target;

type Commands = Vec<Vec<Vec<u8>>>;

/// Small, so that short inputs reach every limit.
const LIMITS: Limits = Limits {
    bulk_bytes_max: 1000,
    args_max: 40,
    inline_bytes_max: 64,
    request_bytes_max: 2000,
    authenticated: true,
};

const BATCH_COMMANDS_MAX: usize = 4;

fn parse(bytes: &[u8], piece: usize) -> (Commands, Option<ProtocolError>) {
    let (mut parser, mut batch, mut commands) = (RequestParser::new(LIMITS), Batch::new(), Commands::new());
    let mut buf = Vec::new();
    for read in bytes.chunks(piece) {
        buf.extend_from_slice(read);
        loop {
            let result = parser.parse(&buf, &mut batch, BATCH_COMMANDS_MAX);
            commands.extend(
                batch
                    .iter(&buf)
                    .map(|args| args.iter().map(<[u8]>::to_vec).collect::<Vec<_>>()),
            );
            match result {
                Ok(parsed) => {
                    buf.drain(..parsed.consumed);
                    assert!(parser.bytes_wanted(&buf) <= LIMITS.bulk_bytes_max + 2);
                }
                Err(error) => return (commands, Some(error)),
            }
            if batch.len() < BATCH_COMMANDS_MAX {
                break;
            }
        }
    }
    (commands, None)
}

/// What the server asks of a command before its handler runs.
fn look_up(bytes: &[u8]) {
    let (mut parser, mut batch, mut out) = (RequestParser::new(LIMITS), Batch::new(), ReplyBuf::default());
    let _ = parser.parse(bytes, &mut batch, usize::MAX);
    for args in batch.iter(bytes) {
        match command::resolve(args) {
            Ok(spec) => assert!(spec.keys(args).all(|(position, _)| args.get(position).is_some())),
            Err(refusal) => refusal.write(args, &mut out),
        }
    }
    let lines = out.as_bytes().split(|&byte| byte == b'\n');
    assert!(
        lines
            .filter(|line| !line.is_empty())
            .all(|line| line.starts_with(b"-ERR ")),
        "an error must stay one line"
    );
}

fuzz_target!(|input: &[u8]| {
    let Some((&piece, bytes)) = input.split_first() else {
        return;
    };
    let whole = parse(bytes, bytes.len().max(1));
    assert_eq!(parse(bytes, usize::from(piece) + 1), whole);
    assert_eq!(parse(bytes, 1), whole);
    look_up(bytes);
});
