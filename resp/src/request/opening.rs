//! How a command begins: its number of arguments and its name.
//!
//! Commands of a pipeline mostly begin alike, and what was read of one need not be read of the next: one comparison of 16 bytes instead.

use super::args::ArgRange;

/// The longest beginning that is compared.
const BYTES_MAX: usize = size_of::<u128>();

/// `*3\r\n$3\r\nSET\r\n`: at most [`BYTES_MAX`] bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// The first byte lowest; the mask covers as many.
    bytes: u128,
    mask: u128,
    /// Counted from the command's first byte.
    name: ArgRange,
    args: usize,
}

impl Opening {
    /// That of the command at the front of `buf`, which has these arguments in a buffer that begins `before` bytes earlier; `None` if it is longer
    /// than most.
    pub(super) fn of(buf: &[u8], before: usize, arguments: &[ArgRange]) -> Option<Self> {
        let name = arguments.first()?.moved_back(before);
        let unused = BYTES_MAX.checked_sub(name.end() + 2)?;
        let mask = u128::MAX >> (8 * unused);
        let bytes = u128::from_le_bytes(*buf.first_chunk()?) & mask;
        Some(Self {
            bytes,
            mask,
            name,
            args: arguments.len(),
        })
    }

    /// Whether a command that begins so is at the front of `buf`. Also `false` if that ends there and is very short.
    #[inline]
    pub(super) fn begins(&self, buf: &[u8]) -> bool {
        buf.first_chunk()
            .is_some_and(|front| u128::from_le_bytes(*front) & self.mask == self.bytes)
    }

    /// In bytes, the line's end behind the name included.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.name.end() + 2
    }

    /// The number of arguments, the name included.
    #[inline]
    pub(super) fn args(&self) -> usize {
        self.args
    }

    /// Where the name of such a command is that begins at `start`.
    #[inline]
    pub(super) fn name_at(&self, start: usize) -> ArgRange {
        self.name.moved_on(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The opening of a command with this name and one more argument, if it has one.
    fn opening_of(name: &str) -> Option<Opening> {
        let head = format!("*2\r\n${}\r\n", name.len());
        let text = format!("{head}{name}\r\n$4\r\nkeys\r\n");
        let arguments = [
            ArgRange::at(100 + head.len(), name.len()),
            ArgRange::at(100 + text.len() - 6, 4),
        ];
        Opening::of(text.as_bytes(), 100, &arguments)
    }

    #[test]
    fn only_what_has_the_count_and_the_name_begins_so() {
        let get = opening_of("GET").expect("short");
        assert_eq!((get.len(), get.args(), get.name_at(7)), (13, 2, ArgRange::at(15, 3)));
        assert!(get.begins(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"));
        for other in [
            &b"*3\r\n$3\r\nGET\r\n$1\r\nk\r\n"[..],
            b"*2\r\n$3\r\nGEX\r\n$1\r\nk\r\n",
            b"*2\r\n$4\r\nGETX\r\n$1\r\nk\r\n",
            b"*2\r\n$3\r\nget\r\n$1\r\nk\r\n",
            b"*2\r\n$3\r\nGET\r\n$1",
        ] {
            assert!(!get.begins(other), "{}", other.escape_ascii());
        }
    }

    #[test]
    fn a_long_name_has_none() {
        assert!(opening_of("ZSCORE").is_some(), "16 bytes");
        assert!(opening_of("GETEX12").is_none(), "17 bytes");
        let huge = ArgRange::at(15, 1 << 29);
        assert!(Opening::of(b"*1\r\n$536870912\r\nx", 0, &[huge]).is_none());
    }
}
