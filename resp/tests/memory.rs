//! What parsing costs in memory: nothing per command once warm, and never more than what has arrived accounts for.

use allocation_counter::{AllocationInfo, measure};
use circlet_resp::{
    Batch, Limits, Proto, ProtocolError, ReplyBuf, ReplyError, ReplyLimits, ReplyParser, RequestParser,
};

/// Sixty-four commands as a client pipelines them, one of them typed by hand with quotes.
fn pipeline() -> Vec<u8> {
    let mut out = ReplyBuf::default();
    for i in 0..63 {
        out.array(3);
        out.bulk(b"SET");
        out.bulk(format!("key:{i}").as_bytes());
        out.bulk(&[b'v'; 32]);
    }
    out.raw(b"GET \"a\\x20key\"\r\n");
    out.take()
}

fn parse_in_pieces(parser: &mut RequestParser, batch: &mut Batch, bytes: &[u8], piece: usize) -> usize {
    let (mut start, mut commands) = (0, 0);
    for end in (piece..bytes.len() + piece).step_by(piece) {
        let parsed = parser
            .parse(&bytes[start..end.min(bytes.len())], batch, 64)
            .expect("good input");
        start += parsed.consumed;
        commands += batch.len();
    }
    commands
}

fn request(bytes: &[u8]) -> (Result<usize, ProtocolError>, AllocationInfo) {
    let (mut parser, mut batch, mut result) = (RequestParser::new(Limits::default()), Batch::new(), Ok(0));
    let info = measure(|| result = parser.parse(bytes, &mut batch, 64).map(|parsed| parsed.consumed));
    (result, info)
}

#[test]
fn a_warm_parser_allocates_nothing() {
    let bytes = pipeline();
    let (mut parser, mut batch) = (RequestParser::new(Limits::default()), Batch::new());
    for piece in [bytes.len(), 1000, 17] {
        let warm_up = parse_in_pieces(&mut parser, &mut batch, &bytes, piece);
        // The lists of the parser and of the batch change places, so both have to grow.
        parse_in_pieces(&mut parser, &mut batch, &bytes, piece);
        let mut commands = 0;
        let info = measure(|| commands = parse_in_pieces(&mut parser, &mut batch, &bytes, piece));
        assert_eq!((warm_up, commands), (64, 64));
        assert_eq!(
            info.count_total, 0,
            "no allocation for 64 commands in reads of {piece} bytes"
        );
    }
}

#[test]
fn a_warm_reply_buffer_allocates_nothing() {
    let mut out = ReplyBuf::new(Proto::Resp3);
    let write = |out: &mut ReplyBuf| {
        out.clear();
        out.array(4);
        out.bulk(b"value");
        out.integer(-12_345);
        out.null();
        out.error("ERR no");
    };
    write(&mut out);
    assert_eq!(measure(|| write(&mut out)).count_total, 0);
}

#[test]
fn an_announced_length_reserves_nothing() {
    let (result, info) = request(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nab");
    assert_eq!(result, Ok(0));
    assert!(
        info.bytes_max < 1024,
        "half a gigabyte was announced, {} bytes reserved",
        info.bytes_max
    );

    let (result, info) = request(b"*1048576\r\n$1\r\na\r\n");
    assert_eq!(result, Ok(0));
    assert!(
        info.bytes_max < 1024,
        "a million arguments were announced, {} bytes reserved",
        info.bytes_max
    );
}

#[test]
fn too_much_is_refused_without_an_allocation() {
    let (result, info) = request(b"*2\r\n$4\r\nECHO\r\n$10737418240\r\n");
    assert_eq!(result, Err(ProtocolError::InvalidBulkLength), "ten gigabytes");
    assert!(info.bytes_max < 1024);
    let (result, info) = request(b"*1048577\r\n");
    assert_eq!(
        (result, info.count_total),
        (Err(ProtocolError::InvalidMultibulkLength), 0)
    );
}

#[test]
fn a_million_arguments_cost_eight_bytes_each_and_are_given_back() {
    let mut bytes = b"*1000000\r\n".to_vec();
    for _ in 0..1_000_000 {
        bytes.extend_from_slice(b"$1\r\na\r\n");
    }
    let (mut parser, mut batch) = (RequestParser::new(Limits::default()), Batch::new());
    let mut commands = 0;
    let info = measure(|| {
        commands = parse_in_pieces(&mut parser, &mut batch, &bytes, 16 << 10);
        parser.parse(b"PING\r\n", &mut batch, 64).expect("good input");
    });
    assert_eq!(commands, 1);
    // Growing by doubling holds, for a moment, the old list and the new: 8 + 16 bytes each at most.
    assert!(info.bytes_max < 26_000_000, "{} bytes at the peak", info.bytes_max);
    assert!(
        info.bytes_current < 100_000,
        "{} bytes kept afterwards",
        info.bytes_current
    );
}

#[test]
fn an_idle_connection_keeps_little() {
    let bytes = [&b"*2000\r\n"[..], &b"$1\r\na\r\n".repeat(2000)].concat();
    let mut batch = Batch::new();
    let mut parsers = Vec::with_capacity(100);
    parse_in_pieces(&mut RequestParser::default(), &mut batch, &bytes, 1000);
    let info = measure(|| {
        for _ in 0..100 {
            let mut parser = RequestParser::default();
            parse_in_pieces(&mut parser, &mut batch, &bytes, 1000);
            parsers.push(parser);
        }
    });
    assert!(
        info.bytes_current < 100 * 1024,
        "100 idle connections keep {} bytes",
        info.bytes_current
    );
}

#[test]
fn a_client_reserves_nothing_for_what_a_server_announces() {
    let mut parser = ReplyParser::new(ReplyLimits::default());
    let heads = b"*1000000\r\n".repeat(32);
    let mut result = Ok(None);
    let info = measure(|| result = parser.parse(&heads).map(|progress| progress.value));
    assert_eq!(result, Ok(None));
    assert!(
        info.bytes_max < 200_000,
        "32 arrays of a million each reserved {} bytes",
        info.bytes_max
    );

    let mut parser = ReplyParser::new(ReplyLimits::default());
    let info = measure(|| result = parser.parse(b"$536870912\r\nab").map(|progress| progress.value));
    assert_eq!(result, Ok(None));
    assert!(info.bytes_max < 1024);
    assert_eq!(
        ReplyParser::default().parse(b"*16777217\r\n").map(|_| ()),
        Err(ReplyError::TooManyElements)
    );
}
