//! Commands as bytes, and where a reply of a real server ends.

use circlet_resp::encode_request;
use std::io::{self, BufRead};

/// A command as an array of bulk strings.
pub(crate) fn command(args: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request(args, &mut bytes);
    bytes
}

/// The words of a line: separated by spaces, `\xNN`, `\r`, `\n` and `""` as in redis-cli.
pub(crate) fn words(line: &str) -> Vec<Vec<u8>> {
    line.split(' ').filter(|word| !word.is_empty()).map(word).collect()
}

fn word(text: &str) -> Vec<u8> {
    if text == "\"\"" {
        return Vec::new();
    }
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = match (first, others) {
            (b'\\', [b'x', high, low, behind @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("hexadecimal digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
                behind
            }
            (byte, behind) => {
                bytes.push(*byte);
                behind
            }
        };
    }
    bytes
}

/// Reads one whole reply, whatever it is made of, as it is.
pub(crate) fn read_reply(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut reply = Vec::new();
    let mut open = 1;
    while open > 0 {
        let start = reply.len();
        from.read_until(b'\n', &mut reply)?;
        let line = &reply[start..];
        let number = || -> Option<i64> { std::str::from_utf8(line.get(1..)?).ok()?.trim_end().parse().ok() };
        let broken = || io::Error::new(io::ErrorKind::InvalidData, String::from_utf8_lossy(line).into_owned());
        open -= 1;
        match line.first() {
            Some(b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(') => {}
            Some(b'$' | b'=') => {
                if let Ok(len) = usize::try_from(number().ok_or_else(broken)?) {
                    let body = reply.len();
                    reply.resize(body + len + 2, 0);
                    from.read_exact(&mut reply[body..])?;
                }
            }
            Some(b'*' | b'~' | b'>') => open += number().ok_or_else(broken)?.max(0),
            Some(b'%') => open += 2 * number().ok_or_else(broken)?,
            _ => return Err(broken()),
        }
    }
    Ok(reply)
}

/// The elements of an array, a set or a map, each as it is; keys and values of a map one after the other.
pub(crate) fn elements(reply: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = reply;
    let mut head = String::new();
    rest.read_line(&mut head).expect("a reply has a first line");
    let count: usize = head[1..].trim_end().parse().unwrap_or(0);
    let count = if head.starts_with('%') { 2 * count } else { count };
    (0..count)
        .map(|_| read_reply(&mut rest).expect("as many elements as announced"))
        .collect()
}

/// A reply for people: line ends become spaces, other bytes that do not print become `\xNN`.
pub(crate) fn shown(reply: &[u8]) -> String {
    let text = reply
        .escape_ascii()
        .to_string()
        .replace("\\'", "'")
        .replace("\\\"", "\"")
        .replace("\\r\\n", " ");
    text.trim_end().to_owned()
}
