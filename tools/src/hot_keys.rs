//! What `CLUSTER HOTKEYS` tells.

use circlet_resp::Value;

/// One of the keys that clients ask for most.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct HotKey {
    pub(crate) key: Vec<u8>,
    /// Accesses a second.
    pub(crate) per_second: f64,
    /// Of all accesses, from 0 to 1.
    pub(crate) share: f64,
}

/// Reads the answer, in RESP2 or RESP3; `None` if it is none.
pub(crate) fn read(told: &Value) -> Option<Vec<HotKey>> {
    told.as_slice()?.iter().map(read_one).collect()
}

fn read_one(told: &Value) -> Option<HotKey> {
    let fields: Vec<(&Value, &Value)> = match told {
        Value::Map(pairs) => pairs.iter().map(|(name, value)| (name, value)).collect(),
        told => told
            .as_slice()?
            .chunks_exact(2)
            .map(|pair| (&pair[0], &pair[1]))
            .collect(),
    };
    let mut hot = HotKey::default();
    for (name, value) in fields {
        match name.as_bytes()? {
            b"key" => hot.key = value.as_bytes()?.to_vec(),
            b"per-second" => hot.per_second = number(value)?,
            b"share" => hot.share = number(value)?,
            _ => {}
        }
    }
    Some(hot)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::Digits(digits) => digits.parse().ok(),
        value => std::str::from_utf8(value.as_bytes()?).ok()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_resp::ReplyParser;

    fn parsed(reply: &str) -> Value {
        let parsed = ReplyParser::default().parse(reply.as_bytes()).expect("a reply");
        parsed.value.expect("a whole one")
    }

    #[test]
    fn both_protocols_are_read_and_fields_of_later_versions_passed_over() {
        let expected = HotKey {
            key: b"a\xff".to_vec(),
            per_second: 2.5,
            share: 0.25,
        };
        let flat = "*1\r\n*8\r\n$3\r\nkey\r\n$1\r\na\r\n$10\r\nper-second\r\n$3\r\n2.5\r\n$5\r\nshare\r\n$4\r\n0.25\r\n$3\r\nnew\r\n:1\r\n";
        let mut told = read(&parsed(flat)).expect("hot keys");
        told[0].key.push(0xff);
        assert_eq!(told, [expected]);
        let map = "*1\r\n%2\r\n$3\r\nkey\r\n$1\r\na\r\n$10\r\nper-second\r\n,2.5\r\n";
        assert_eq!(read(&parsed(map)).expect("hot keys")[0].per_second, 2.5);
        assert_eq!(read(&parsed("*0\r\n")), Some(Vec::new()));
        assert_eq!(read(&parsed("-ERR unknown\r\n")), None);
    }
}
