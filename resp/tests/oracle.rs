//! Both parsers against crate `redis-protocol`, which was written by others.
//!
//! It is stricter than Redis in some places (line ends must be CR LF) and laxer in others (`+1` is a number), so: what we encode it must
//! read as we do, and where both accept damaged input they must agree.

use circlet_resp::{Batch, Limits, Proto, ReplyBuf, ReplyLimits, ReplyParser, RequestParser, Value};
use proptest::prelude::*;
use redis_protocol::resp2::types::OwnedFrame as Frame2;
use redis_protocol::resp3::types::OwnedFrame as Frame3;

/// The first command, its arguments and its length on the wire.
type First = Option<(Vec<Vec<u8>>, usize)>;

fn first_command(bytes: &[u8]) -> First {
    let (mut parser, mut batch) = (RequestParser::new(Limits::default()), Batch::new());
    let parsed = parser.parse(bytes, &mut batch, 1).ok()?;
    (!batch.is_empty()).then(|| {
        (
            batch.args(0, bytes).iter().map(<[u8]>::to_vec).collect(),
            parsed.consumed,
        )
    })
}

fn first_command_of_oracle(bytes: &[u8]) -> First {
    let (frame, len) = redis_protocol::resp2::decode::decode(bytes).ok()??;
    let Frame2::Array(items) = frame else { return None };
    let bulk = |item| {
        if let Frame2::BulkString(bytes) = item {
            Some(bytes)
        } else {
            None
        }
    };
    let args = items.into_iter().map(bulk).collect::<Option<Vec<_>>>()?;
    // An empty array is no command for us: we go on to the next request.
    (!args.is_empty()).then_some((args, len))
}

fn encode_by_oracle(command: &[Vec<u8>]) -> Vec<u8> {
    let frame = Frame2::Array(command.iter().cloned().map(Frame2::BulkString).collect());
    let mut bytes = vec![0; 64 + command.iter().map(|arg| arg.len() + 32).sum::<usize>()];
    let len = redis_protocol::resp2::encode::encode(&mut bytes, &frame, false).expect("room enough");
    bytes.truncate(len);
    bytes
}

fn first_reply(bytes: &[u8]) -> Option<(Value, usize)> {
    let progress = ReplyParser::new(ReplyLimits::default()).parse(bytes).ok()?;
    Some((progress.value?, progress.consumed))
}

fn first_reply_of_oracle(bytes: &[u8]) -> Option<(Value, usize)> {
    let (frame, len) = redis_protocol::resp3::decode::complete::decode(bytes).ok()??;
    Some((value_of(frame)?, len))
}

/// `None` for what the oracle does not keep as sent: sets and maps lose their order.
fn value_of(frame: Frame3) -> Option<Value> {
    let list = |items: Vec<Frame3>| items.into_iter().map(value_of).collect::<Option<Vec<_>>>();
    Some(match frame {
        Frame3::BlobString { data, .. } => Value::Bulk(data),
        Frame3::SimpleString { data, .. } => Value::Simple(String::from_utf8_lossy(&data).into_owned()),
        Frame3::BlobError { data, .. } => Value::Error(String::from_utf8_lossy(&data).into_owned()),
        Frame3::SimpleError { data, .. } => Value::Error(data),
        Frame3::Boolean { data, .. } => Value::Boolean(data),
        Frame3::Null => Value::Null,
        Frame3::Number { data, .. } => Value::Integer(data),
        Frame3::Double { data, .. } if !data.is_nan() => Value::Double(data),
        Frame3::BigNumber { data, .. } => Value::BigNumber(String::from_utf8(data).ok()?),
        Frame3::VerbatimString { data, .. } => Value::Verbatim(data),
        Frame3::Array { data, .. } => Value::Array(list(data)?),
        Frame3::Push { data, .. } => Value::Push(list(data)?),
        _ => return None,
    })
}

/// Replies written at random; the head of a set or a map is left out, for the oracle forgets their order.
fn replies() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(b"_\r\n".to_vec()),
        "[+-][ -~]{0,12}\r\n".prop_map(String::into_bytes),
        any::<i64>().prop_map(|value| format!(":{value}\r\n").into_bytes()),
        any::<f64>().prop_map(|value| {
            let mut out = ReplyBuf::new(Proto::Resp3);
            out.double(value);
            out.take()
        }),
        "#[tf]\r\n".prop_map(String::into_bytes),
        "\\(-?[0-9]{1,30}\r\n".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..30).prop_map(|bytes| {
            let mut out = ReplyBuf::new(Proto::Resp3);
            out.bulk(&bytes);
            out.verbatim("txt", &bytes);
            out.take()
        }),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        (prop::bool::ANY, prop::collection::vec(inner, 0..4)).prop_map(|(is_push, items)| {
            let head = format!("{}{}\r\n", if is_push { '>' } else { '*' }, items.len());
            [head.into_bytes(), items.concat()].concat()
        })
    })
}

fn damage(bytes: &mut [u8], hits: &[(prop::sample::Index, u8)]) {
    for (at, byte) in hits {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
}

/// Bytes that matter to the grammar, more often than others.
fn hits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"0123456789-+*$:,_#\r\n".to_vec())];
    prop::collection::vec((any::<prop::sample::Index>(), byte), 1..4)
}

fn command() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn requests_that_the_oracle_writes_are_read(command in command()) {
        let bytes = encode_by_oracle(&command);
        prop_assert_eq!(first_command(&bytes), Some((command, bytes.len())));
    }

    #[test]
    fn damaged_requests_that_both_read_are_read_alike(command in command(), hits in hits()) {
        let mut bytes = encode_by_oracle(&command);
        damage(&mut bytes, &hits);
        if let (Some(ours), Some(theirs)) = (first_command(&bytes), first_command_of_oracle(&bytes)) {
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn replies_are_read_as_the_oracle_reads_them(bytes in replies()) {
        let theirs = first_reply_of_oracle(&bytes);
        prop_assume!(theirs.is_some() || !bytes.windows(4).any(|part| part == b",nan"));
        prop_assert_eq!(first_reply(&bytes), theirs);
    }

    #[test]
    fn damaged_replies_that_both_read_are_read_alike(bytes in replies(), hits in hits()) {
        let mut bytes = bytes;
        damage(&mut bytes, &hits);
        if let (Some(ours), Some(theirs)) = (first_reply(&bytes), first_reply_of_oracle(&bytes)) {
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn what_we_write_the_oracle_reads(bytes in prop::collection::vec(any::<u8>(), 0..200), number: i64, double in -1e300..1e300) {
        let mut out = ReplyBuf::new(Proto::Resp3);
        out.array(7);
        out.bulk(&bytes);
        out.integer(number);
        out.bulk_integer(number);
        out.double(double);
        out.boolean(true);
        out.null();
        out.error_bytes(b"ERR a\r\nb");
        let expected = Value::Array(vec![
            Value::Bulk(bytes),
            Value::Integer(number),
            Value::Bulk(number.to_string().into_bytes()),
            Value::Double(double),
            Value::Boolean(true),
            Value::Null,
            Value::Error("ERR a  b".into()),
        ]);
        prop_assert_eq!(first_reply_of_oracle(out.as_bytes()), Some((expected, out.len())));
    }
}
