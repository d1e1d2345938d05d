//! A reply as text, to the byte as `redis-cli` writes it.
//!
//! ```text
//!   for people                    raw            csv              json
//!   1) "a"                        a              "a",(2 words)    ["a",...]
//!   2) 1# "field" => (integer) 7  field 7
//! ```
//!
//! One thing `redis-cli` shows as it came on the wire and we as it was understood: bytes of a status or an error that are no UTF-8 are
//! U+FFFD.

use super::words::quote;
use circlet_resp::Value;

/// How replies are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// With types, numbers and quotes: on a terminal.
    People,
    /// The bytes alone: elsewhere.
    Raw {
        /// Between the elements of an aggregate.
        between: Vec<u8>,
        /// After each reply.
        after: Vec<u8>,
    },
    /// Commas and quotes; maps as flat lists.
    Csv,
    /// One JSON value a line.
    Json,
}

/// A reply with its line end.
pub(crate) fn render(reply: &Value, style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    match style {
        Style::People => for_people(reply, "", &mut out),
        Style::Raw { between, after } => {
            raw(reply, between, &mut out);
            out.extend_from_slice(after);
        }
        Style::Csv => {
            csv(reply, &mut out);
            out.push(b'\n');
        }
        Style::Json => {
            json(reply, &mut out);
            out.push(b'\n');
        }
    }
    out
}

/// A reply that is a text for people already, such as INFO's: as it is, whatever the style.
pub(crate) fn plain(reply: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    raw(reply, b"\n", &mut out);
    out
}

/// A message that answers nothing.
pub(crate) fn push(message: &Value, style: &Style) -> Vec<u8> {
    let Some(keys) = invalidated(message).filter(|_| *style == Style::People) else {
        return render(message, style);
    };
    let mut out = b"-> invalidate: ".to_vec();
    for (at, key) in keys.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"'" } else { b", '" });
        out.extend_from_slice(key.as_bytes().unwrap_or_default());
        out.push(b'\'');
    }
    out.push(b'\n');
    out
}

/// The keys of an invalidation that names some.
fn invalidated(message: &Value) -> Option<&[Value]> {
    match message {
        Value::Push(parts) => match parts.as_slice() {
            [Value::Bulk(kind), Value::Array(keys)] if kind.starts_with(b"invalidate") => Some(keys),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a command's reply is a text for people: written as it is also on a terminal.
pub(crate) fn is_plain(command: &[Vec<u8>]) -> bool {
    let names = |spec: &str| {
        let mut wanted = spec.split(' ');
        let same = |(word, wanted): (&Vec<u8>, &str)| word.eq_ignore_ascii_case(wanted.as_bytes());
        let count = wanted.clone().count();
        command.len() >= count && command.iter().zip(wanted.by_ref()).all(same)
    };
    let exactly = |spec: &str, count: usize| command.len() == count && names(spec);
    [
        "info",
        "lolwut",
        "memory doctor",
        "memory malloc-stats",
        "client list",
        "client info",
    ]
    .into_iter()
    .any(names)
        || exactly("cluster nodes", 2)
        || exactly("cluster info", 2)
        || exactly("latency doctor", 2)
        || exactly("latency graph", 3)
}

/// `prefix` stands before every line of an aggregate but the first, which continues the caller's line.
fn for_people(reply: &Value, prefix: &str, out: &mut Vec<u8>) {
    match reply {
        Value::Error(text) => line(out, &[b"(error) ", text.as_bytes()]),
        Value::Simple(text) => line(out, &[text.as_bytes()]),
        Value::Integer(number) => line(out, &[format!("(integer) {number}").as_bytes()]),
        Value::Double(_) | Value::Digits(_) => {
            out.extend_from_slice(b"(double) ");
            scalar(reply, out);
            out.push(b'\n');
        }
        Value::BigNumber(digits) => line(out, &[b"(big number) ", digits.as_bytes()]),
        Value::Boolean(yes) => line(out, &[if *yes { b"(true)" } else { b"(false)" }]),
        Value::Null => line(out, &[b"(nil)"]),
        Value::Verbatim(text) => line(out, &[text]),
        Value::Bulk(bytes) => {
            quote(bytes, out);
            out.push(b'\n');
        }
        Value::Array(items) if items.is_empty() => line(out, &[b"(empty array)"]),
        Value::Set(items) if items.is_empty() => line(out, &[b"(empty set)"]),
        Value::Push(items) if items.is_empty() => line(out, &[b"(empty push)"]),
        Value::Map(pairs) if pairs.is_empty() => line(out, &[b"(empty hash)"]),
        Value::Set(items) => numbered(items, '~', prefix, out),
        Value::Array(items) | Value::Push(items) => numbered(items, ')', prefix, out),
        Value::Map(pairs) => {
            let (width, inner) = indent(pairs.len(), prefix);
            for (at, (key, value)) in pairs.iter().enumerate() {
                number(at, width, '#', prefix, out);
                for_people(key, &inner, out);
                out.pop();
                out.extend_from_slice(b" => ");
                if takes_lines(value) {
                    out.push(b'\n');
                    out.extend_from_slice(inner.as_bytes());
                }
                for_people(value, &inner, out);
            }
        }
    }
}

fn numbered(items: &[Value], mark: char, prefix: &str, out: &mut Vec<u8>) {
    let (width, inner) = indent(items.len(), prefix);
    for (at, item) in items.iter().enumerate() {
        number(at, width, mark, prefix, out);
        for_people(item, &inner, out);
    }
}

/// The digits of the highest number, and the prefix of what is within.
fn indent(count: usize, prefix: &str) -> (usize, String) {
    let width = count.to_string().len();
    (width, format!("{prefix}{:1$}", "", width + 2))
}

fn number(at: usize, width: usize, mark: char, prefix: &str, out: &mut Vec<u8>) {
    let prefix = if at == 0 { "" } else { prefix };
    out.extend(format!("{prefix}{:>width$}{mark} ", at + 1).bytes());
}

/// Whether a value is written on several lines, and so begins on one of its own in a map.
fn takes_lines(value: &Value) -> bool {
    match value {
        Value::Array(items) | Value::Set(items) | Value::Push(items) => match items.as_slice() {
            [] => false,
            [only] => takes_lines(only),
            _ => true,
        },
        Value::Map(pairs) => match pairs.as_slice() {
            [] => false,
            [(_, only)] => takes_lines(only),
            _ => true,
        },
        _ => false,
    }
}

fn line(out: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out.push(b'\n');
}

fn raw(reply: &Value, between: &[u8], out: &mut Vec<u8>) {
    let mut list = |items: &mut dyn Iterator<Item = (&Value, Option<&Value>)>| {
        for (at, (item, value)) in items.enumerate() {
            if at > 0 {
                out.extend_from_slice(between);
            }
            raw(item, between, out);
            if let Some(value) = value {
                out.push(b' ');
                raw(value, between, out);
            }
        }
    };
    match reply {
        Value::Array(items) | Value::Set(items) | Value::Push(items) => {
            list(&mut items.iter().map(|item| (item, None)));
        }
        Value::Map(pairs) => list(&mut pairs.iter().map(|(key, value)| (key, Some(value)))),
        Value::Error(text) => line(out, &[text.as_bytes()]),
        Value::Boolean(yes) => out.extend_from_slice(if *yes { b"(true)" } else { b"(false)" }),
        Value::Null => {}
        other => scalar(other, out),
    }
}

fn csv(reply: &Value, out: &mut Vec<u8>) {
    match reply {
        Value::Array(items) | Value::Set(items) | Value::Push(items) => commas(items, out, csv),
        Value::Map(pairs) => commas(pairs, out, |(key, value), out| {
            csv(key, out);
            out.push(b',');
            csv(value, out);
        }),
        Value::Error(text) => {
            out.extend_from_slice(b"ERROR,");
            quote(text.as_bytes(), out);
        }
        Value::Null => out.extend_from_slice(b"NULL"),
        Value::Boolean(yes) => out.extend(yes.to_string().bytes()),
        Value::Simple(text) => quote(text.as_bytes(), out),
        Value::Bulk(text) | Value::Verbatim(text) => quote(text, out),
        other => scalar(other, out),
    }
}

fn json(reply: &Value, out: &mut Vec<u8>) {
    match reply {
        Value::Array(items) | Value::Set(items) | Value::Push(items) => {
            out.push(b'[');
            commas(items, out, json);
            out.push(b']');
        }
        Value::Map(pairs) => {
            out.push(b'{');
            commas(pairs, out, |(key, value), out| {
                json_key(key, out);
                out.push(b':');
                json(value, out);
            });
            out.push(b'}');
        }
        Value::Error(text) => {
            out.extend_from_slice(b"error:");
            json_string(text.as_bytes(), out);
        }
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(yes) => out.extend(yes.to_string().bytes()),
        Value::Simple(text) => json_string(text.as_bytes(), out),
        Value::Bulk(text) | Value::Verbatim(text) => json_string(text, out),
        other => scalar(other, out),
    }
}

/// JSON's keys are strings.
fn json_key(key: &Value, out: &mut Vec<u8>) {
    let mut text = Vec::new();
    json(key, &mut text);
    let is_string = text.starts_with(b"\"") || matches!(key, Value::Error(_));
    let quotes: &[u8] = if is_string { b"" } else { b"\"" };
    line(out, &[quotes, &text, quotes]);
    out.pop();
}

/// Bytes that are no UTF-8 are left as they are, as redis-cli leaves them.
fn json_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            8 => out.extend(b"\\b"),
            12 => out.extend(b"\\f"),
            0..=0x1f => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn commas<T>(items: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
}

/// What needs no marks in any style.
fn scalar(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Integer(number) => out.extend(number.to_string().bytes()),
        Value::Double(number) => out.extend(number.to_string().bytes()),
        other => out.extend_from_slice(other.as_bytes().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_resp::ReplyParser;

    fn reply(bytes: &[u8]) -> Value {
        let progress = ReplyParser::default().keep_digits().parse(bytes).expect("a reply");
        progress.value.expect("a whole one")
    }

    fn shown(bytes: &[u8], style: &Style) -> String {
        String::from_utf8_lossy(&render(&reply(bytes), style)).into_owned()
    }

    fn raw_style() -> Style {
        Style::Raw {
            between: b"\n".to_vec(),
            after: b"\n".to_vec(),
        }
    }

    #[test]
    fn every_type_is_marked_for_people_and_bare_otherwise() {
        let table: [(&[u8], &str, &str, &str, &str); 15] = [
            (b"+OK\r\n", "OK", "OK", "\"OK\"", "\"OK\""),
            (
                b"-ERR no\r\n",
                "(error) ERR no",
                "ERR no\n",
                "ERROR,\"ERR no\"",
                "error:\"ERR no\"",
            ),
            (b":-7\r\n", "(integer) -7", "-7", "-7", "-7"),
            (b"$3\r\na\"\n\r\n", r#""a\"\n""#, "a\"\n", r#""a\"\n""#, r#""a\"\n""#),
            (b"$2\r\n\x01/\r\n", r#""\x01/""#, "\x01/", r#""\x01/""#, r#""\u0001/""#),
            (b"$-1\r\n", "(nil)", "", "NULL", "null"),
            (b"#t\r\n", "(true)", "(true)", "true", "true"),
            (b"#f\r\n", "(false)", "(false)", "false", "false"),
            (b",1.5\r\n", "(double) 1.5", "1.5", "1.5", "1.5"),
            (b",-inf\r\n", "(double) -inf", "-inf", "-inf", "-inf"),
            (
                b"(12345678901234567890123\r\n",
                "(big number) 12345678901234567890123",
                "12345678901234567890123",
                "12345678901234567890123",
                "12345678901234567890123",
            ),
            (b"=7\r\ntxt:a\nb\r\n", "a\nb", "a\nb", r#""a\nb""#, r#""a\nb""#),
            (b"*0\r\n", "(empty array)", "", "", "[]"),
            (b"%0\r\n", "(empty hash)", "", "", "{}"),
            (b"~0\r\n", "(empty set)", "", "", "[]"),
        ];
        for (bytes, people, bare, csv, json) in table {
            for (style, expected) in [
                (Style::People, people),
                (raw_style(), bare),
                (Style::Csv, csv),
                (Style::Json, json),
            ] {
                assert_eq!(shown(bytes, &style), format!("{expected}\n"), "{style:?}");
            }
        }
    }

    #[test]
    fn what_is_within_is_indented_by_its_number() {
        let nested = b"*3\r\n:1\r\n*2\r\n$1\r\na\r\n*2\r\n+x\r\n_\r\n$1\r\nz\r\n";
        let expected = "1) (integer) 1\n2) 1) \"a\"\n   2) 1) x\n      2) (nil)\n3) \"z\"\n";
        assert_eq!(shown(nested, &Style::People), expected);
        let ten = [&b"*10\r\n"[..], &b":1\r\n".repeat(9), b"~1\r\n:2\r\n"].concat();
        let said = shown(&ten, &Style::People);
        assert!(said.starts_with(" 1) (integer) 1\n 2) "), "{said}");
        assert!(said.ends_with("\n10) 1~ (integer) 2\n"), "{said}");
    }

    #[test]
    fn a_value_of_many_lines_begins_on_one_of_its_own_in_a_map() {
        let map = b"%2\r\n+a\r\n*1\r\n:1\r\n$1\r\nb\r\n%2\r\n:1\r\n:2\r\n:3\r\n:4\r\n";
        let people = "1# a => 1) (integer) 1\n2# \"b\" => \n   1# (integer) 1 => (integer) 2\n   2# (integer) 3 => (integer) 4\n";
        assert_eq!(shown(map, &Style::People), people);
        assert_eq!(shown(map, &raw_style()), "a 1\nb 1 2\n3 4\n");
        assert_eq!(shown(map, &Style::Csv), "\"a\",1,\"b\",1,2,3,4\n");
        assert_eq!(shown(map, &Style::Json), "{\"a\":[1],\"b\":{\"1\":2,\"3\":4}}\n");
    }

    #[test]
    fn an_invalidation_names_its_keys() {
        let of = |bytes: &[u8], style: &Style| String::from_utf8_lossy(&push(&reply(bytes), style)).into_owned();
        let keys = b">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n";
        assert_eq!(of(keys, &Style::People), "-> invalidate: 'a', 'b'\n");
        assert_eq!(of(keys, &raw_style()), "invalidate\na\nb\n");
        let all = b">2\r\n$10\r\ninvalidate\r\n_\r\n";
        assert_eq!(of(all, &Style::People), "1) \"invalidate\"\n2) (nil)\n");
    }

    #[test]
    fn texts_for_people_are_known_by_their_command() {
        let is = |line: &str| is_plain(&line.split(' ').map(|word| word.into()).collect::<Vec<Vec<u8>>>());
        for plain in [
            "INFO",
            "info server",
            "CLIENT list",
            "client list type normal",
            "cluster NODES",
            "memory doctor",
        ] {
            assert!(is(plain), "{plain}");
        }
        for other in [
            "get info",
            "client id",
            "cluster",
            "cluster nodes 1",
            "client",
            "memory usage k",
        ] {
            assert!(!is(other), "{other}");
        }
        assert_eq!(plain(&reply(b"=6\r\ntxt:ab\r\n")), b"ab");
    }
}
