//! The reply parser: what was encoded is what is read, at every split; bad input ends in an error, bounded and without a panic.

use circlet_resp::{Proto, ReplyBuf, ReplyError, ReplyLimits, ReplyParser, Value};
use proptest::prelude::*;

fn small_limits() -> ReplyLimits {
    ReplyLimits {
        reply_bytes_max: 5000,
        elements_max: 200,
        depth_max: 6,
        line_bytes_max: 64,
    }
}

/// Feeds `pieces` as reads. The parser's own say on what is consumed decides what is fed again.
fn parse_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Value>, Option<ReplyError>) {
    let mut parser = ReplyParser::new(small_limits());
    let (mut buf, mut values) = (Vec::new(), Vec::new());
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            match parser.parse(&buf) {
                Err(error) => return (values, Some(error)),
                Ok(progress) => {
                    buf.drain(..progress.consumed);
                    match progress.value {
                        Some(value) => values.push(value),
                        None => break,
                    }
                }
            }
        }
    }
    (values, None)
}

fn encode(value: &Value, out: &mut ReplyBuf) {
    let list = |items: &[Value], out: &mut ReplyBuf| items.iter().for_each(|item| encode(item, out));
    match value {
        Value::Null => out.null(),
        Value::Simple(text) => out.simple(text),
        Value::Error(text) => out.error(text),
        Value::Integer(value) => out.integer(*value),
        Value::Bulk(bytes) => out.bulk(bytes),
        Value::Double(value) => out.double(*value),
        Value::Digits(text) => out.double_digits(text.as_bytes()),
        Value::Boolean(value) => out.boolean(*value),
        Value::BigNumber(digits) => out.bignum(digits),
        Value::Verbatim(text) => out.verbatim("txt", text),
        Value::Array(items) => {
            out.array(items.len());
            list(items, out);
        }
        Value::Set(items) => {
            out.set(items.len());
            list(items, out);
        }
        Value::Push(items) => {
            out.push(items.len());
            list(items, out);
        }
        Value::Map(entries) => {
            out.map(entries.len());
            for (key, value) in entries {
                encode(key, out);
                encode(value, out);
            }
        }
    }
}

fn encoded(values: &[Value]) -> Vec<u8> {
    let mut out = ReplyBuf::new(Proto::Resp3);
    values.iter().for_each(|value| encode(value, &mut out));
    out.take()
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        "[ -~]{0,20}".prop_map(Value::Simple),
        "[ -~]{0,20}".prop_map(Value::Error),
        any::<i64>().prop_map(Value::Integer),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Value::Bulk),
        any::<f64>()
            .prop_filter("a NaN equals nothing", |value| !value.is_nan())
            .prop_map(Value::Double),
        any::<bool>().prop_map(Value::Boolean),
        "-?[0-9]{1,40}".prop_map(Value::BigNumber),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Verbatim),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            items.clone().prop_map(Value::Array),
            items.clone().prop_map(Value::Set),
            items.prop_map(Value::Push),
            prop::collection::vec((inner.clone(), inner), 0..4).prop_map(Value::Map),
        ]
    })
}

/// Well-formed replies with a byte changed here and there.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let hits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (prop::collection::vec(value(), 1..4), hits).prop_map(|(values, hits)| {
        let mut bytes = encoded(&values);
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_was_encoded_is_what_is_read(values in prop::collection::vec(value(), 0..6)) {
        prop_assert_eq!(parse_pieces([&encoded(&values)[..]]), (values, None));
    }

    #[test]
    fn a_split_anywhere_changes_nothing(bytes in damaged()) {
        let whole = parse_pieces([&bytes[..]]);
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            prop_assert_eq!(&parse_pieces([head, tail]), &whole, "split at {}", at);
        }
        prop_assert_eq!(&parse_pieces(bytes.chunks(1)), &whole);
    }

    #[test]
    fn random_bytes_are_replies_or_an_error_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let whole = parse_pieces([&bytes[..]]);
        prop_assert_eq!(parse_pieces(bytes.chunks(1)), whole);
    }

    #[test]
    fn heads_of_aggregates_never_end_the_stack(tags in "[*%~>|]{0,300}", count in 0u32..3) {
        let bytes: Vec<u8> = tags.bytes().flat_map(|tag| format!("{}{count}\r\n", char::from(tag)).into_bytes()).collect();
        prop_assert_eq!(parse_pieces(bytes.chunks(7)), parse_pieces([&bytes[..]]));
    }
}
