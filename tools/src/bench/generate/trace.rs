//! A file that says which keys are asked for, in their order: a key a line. Empty lines and lines that begin with `#` are passed over; a
//! carriage return at the end of a line is not of the key. The whole file is held in memory, with four bytes a line beside it.

use crate::failure::Failure;
use std::path::Path;

/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 64 * 1024;

/// The keys of a file.
#[derive(Debug)]
pub(crate) struct Trace {
    bytes: Vec<u8>,
    /// Where each key ends, and with it where the next begins.
    ends: Vec<u32>,
}

impl Trace {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, has no key, or one that is too long.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let text =
            std::fs::read(path).map_err(|error| Failure::because(format!("cannot read {}", path.display()), error))?;
        Self::parse(&text).map_err(|why| Failure::new(format!("{}: {why}", path.display())))
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (line, number) in text.split(|byte| *byte == b'\n').zip(1_u64..) {
            let key = line.strip_suffix(b"\r").unwrap_or(line);
            if key.is_empty() || key.starts_with(b"#") {
                continue;
            }
            if key.len() > KEY_BYTES_MAX {
                return Err(format!(
                    "line {number}: a key of {} bytes, at most {KEY_BYTES_MAX}",
                    key.len()
                ));
            }
            bytes.extend_from_slice(key);
            ends.push(u32::try_from(bytes.len()).map_err(|_| "more than 4 GiB of keys".to_owned())?);
        }
        if ends.is_empty() {
            return Err("it has no key: one a line is expected".into());
        }
        Ok(Trace { bytes, ends })
    }

    pub(crate) fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    /// The key of the `number`-th line (from 0) that has one.
    pub(crate) fn key(&self, number: u64) -> &[u8] {
        let number = number as usize;
        let begin = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[begin as usize..self.ends[number] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_line_and_comments_are_none() {
        let trace = Trace::parse(b"# from a cache\na\r\n\nlonger key\nb").expect("keys");
        let keys: Vec<&[u8]> = (0..trace.len()).map(|number| trace.key(number)).collect();
        assert_eq!(keys, [&b"a"[..], b"longer key", b"b"]);
    }

    #[test]
    fn a_file_without_keys_and_a_key_too_long_are_refused() {
        assert!(Trace::parse(b"# none\n\n").is_err());
        let long = [b"a\n".to_vec(), vec![b'x'; KEY_BYTES_MAX + 1]].concat();
        assert!(Trace::parse(&long).is_err_and(|why| why.starts_with("line 2:")));
    }
}
