//! `--hotkeys`: the keys that clients ask for most, from `CLUSTER HOTKEYS` of the server.

use super::session::Session;
use super::words::quote;
use crate::failure::Failure;
use crate::hot_keys::{self, HotKey};
use crate::output::emit;

/// Tells them once, the hottest first; at most `count`, or as many as the server thinks right.
///
/// # Errors
/// What the server says: others than Circlet do not know the command.
pub(crate) fn run(session: &mut Session, count: Option<u64>) -> Result<(), Failure> {
    let count = count.map(|count| count.to_string());
    let mut command = vec!["CLUSTER", "HOTKEYS"];
    if let Some(count) = &count {
        command.extend(["COUNT", count]);
    }
    let Some(keys) = hot_keys::read(&session.ask(&command)?) else {
        return Err(Failure::new("an answer to CLUSTER HOTKEYS that is none"));
    };
    emit(table(&keys));
    Ok(())
}

fn table(keys: &[HotKey]) -> Vec<u8> {
    if keys.is_empty() {
        return b"No key has been asked for lately.\n".to_vec();
    }
    let mut text = b"  per second    share  key\n".to_vec();
    for HotKey { key, per_second, share } in keys {
        text.extend_from_slice(format!("{per_second:>12.1}  {:>6.2}%  ", share * 100.0).as_bytes());
        quote(key, &mut text);
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_key_stands_under_its_head() {
        let hot = |key: &[u8], per_second, share| HotKey {
            key: key.to_vec(),
            per_second,
            share,
        };
        let text = table(&[hot(b"user:1", 12_345.67, 0.5), hot(b"\x00", 0.25, 0.0001)]);
        let text = String::from_utf8(text).expect("quoted");
        let lines: Vec<&str> = text.lines().collect();
        let expected = [
            "  per second    share  key",
            "     12345.7   50.00%  \"user:1\"",
            "         0.2    0.01%  \"\\x00\"",
        ];
        assert_eq!(lines, expected);
        assert!(table(&[]).starts_with(b"No key"));
    }
}
