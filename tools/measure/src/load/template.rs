//! Requests, built once and patched: a request is a memory copy and a few digits, so that a generator costs less than the server that it
//! measures.

/// A part of a word whose length never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Text(Vec<u8>),
    /// A number of `width` decimal digits, with zeros in front.
    Digits {
        /// What is asked for the number.
        hole: u8,
        /// How many digits.
        width: u8,
    },
}

/// A word of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Parts of fixed length.
    Fixed(Vec<Part>),
    /// Bytes of any length between texts.
    Varying {
        /// In front of them.
        before: Vec<u8>,
        /// What is asked for the bytes.
        hole: u8,
        /// Behind them.
        after: Vec<u8>,
    },
}

impl Word {
    /// A word that is always the same.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Word::Fixed(vec![Part::Text(text.into())])
    }
}

/// What fills the holes of a request, asked once a hole, in the order of the words.
pub trait Fill {
    /// The number of a hole.
    fn number(&mut self, hole: u8) -> u64;
    /// The bytes of a hole.
    fn bytes(&mut self, hole: u8) -> &[u8];
}

/// A request as RESP writes it: an array of bulk strings.
#[must_use]
pub fn encode(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        push_length(&mut bytes, word.len());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Writes the last digits of `number` over all of `digits`, two at a time: a division a digit would be seen in the generator's own cost at a
/// deep pipeline.
pub fn write_digits(number: u64, digits: &mut [u8]) {
    let mut rest = number;
    let mut pairs = digits.rchunks_exact_mut(2);
    for pair in &mut pairs {
        let two = (rest % 100) as usize * 2;
        rest /= 100;
        pair.copy_from_slice(&PAIRS[two..two + 2]);
    }
    if let [first] = pairs.into_remainder() {
        *first = b'0' + (rest % 10) as u8;
    }
}

/// "00" to "99", one after the other.
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut i = 0;
    while i < 100 {
        pairs[i * 2] = b'0' + (i / 10) as u8;
        pairs[i * 2 + 1] = b'0' + (i % 10) as u8;
        i += 1;
    }
    pairs
};

fn push_length(out: &mut Vec<u8>, length: usize) {
    let mut digits = [0; 20];
    let width = length.checked_ilog10().unwrap_or_default() as usize + 1;
    write_digits(length as u64, &mut digits[..width]);
    out.push(b'$');
    out.extend_from_slice(&digits[..width]);
    out.extend_from_slice(b"\r\n");
}

/// Digits that are written over a copy of a piece.
#[derive(Clone, Copy, Debug)]
struct Patch {
    at: usize,
    width: usize,
    hole: u8,
}

/// Bytes with their patches, and perhaps a word of any length behind them.
#[derive(Clone, Debug, Default)]
struct Piece {
    bytes: Vec<u8>,
    patches: Vec<Patch>,
    then: Option<(Vec<u8>, u8, Vec<u8>)>,
}

/// A request with holes.
#[derive(Clone, Debug)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// The request of these words.
    #[must_use]
    pub fn new(words: &[Word]) -> Self {
        let mut pieces = Vec::new();
        let mut piece = Piece {
            bytes: format!("*{}\r\n", words.len()).into_bytes(),
            ..Piece::default()
        };
        for word in words {
            match word {
                Word::Fixed(parts) => piece.push_fixed(parts),
                Word::Varying { before, hole, after } => {
                    piece.then = Some((before.clone(), *hole, after.clone()));
                    pieces.push(std::mem::take(&mut piece));
                    piece.bytes.extend_from_slice(b"\r\n");
                }
            }
        }
        pieces.push(piece);
        Template { pieces }
    }

    /// Appends one request to `out`.
    pub fn append(&self, out: &mut Vec<u8>, fill: &mut impl Fill) {
        for piece in &self.pieces {
            let start = out.len();
            out.extend_from_slice(&piece.bytes);
            for patch in &piece.patches {
                let at = start + patch.at;
                write_digits(fill.number(patch.hole), &mut out[at..at + patch.width]);
            }
            if let Some((before, hole, after)) = &piece.then {
                let bytes = fill.bytes(*hole);
                push_length(out, before.len() + bytes.len() + after.len());
                out.extend_from_slice(before);
                out.extend_from_slice(bytes);
                out.extend_from_slice(after);
            }
        }
    }
}

impl Piece {
    fn push_fixed(&mut self, parts: &[Part]) {
        let length = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Digits { width, .. } => usize::from(*width),
        };
        push_length(&mut self.bytes, parts.iter().map(length).sum());
        for part in parts {
            match part {
                Part::Text(text) => self.bytes.extend_from_slice(text),
                Part::Digits { hole, width } => {
                    let (at, width) = (self.bytes.len(), usize::from(*width));
                    self.patches.push(Patch { at, width, hole: *hole });
                    self.bytes.resize(at + width, b'0');
                }
            }
        }
        self.bytes.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers count up from the first; bytes are as many as the hole's number says.
    struct Counting(u64, Vec<u8>);

    impl Fill for Counting {
        fn number(&mut self, hole: u8) -> u64 {
            self.0 += 1;
            self.0 * 10 + u64::from(hole)
        }

        fn bytes(&mut self, hole: u8) -> &[u8] {
            self.1 = vec![b'v'; usize::from(hole)];
            &self.1
        }
    }

    #[test]
    fn holes_are_filled_in_the_order_of_the_words() {
        let key = |hole| Word::Fixed(vec![Part::Text(b"k:".to_vec()), Part::Digits { hole, width: 5 }]);
        let value = Word::Varying {
            before: b"<".to_vec(),
            hole: 11,
            after: b">".to_vec(),
        };
        let template = Template::new(&[Word::text("MSET"), key(1), value, key(2), Word::text("x")]);
        let (mut out, mut fill) = (Vec::new(), Counting(0, Vec::new()));
        template.append(&mut out, &mut fill);
        template.append(&mut out, &mut fill);
        let expected = |first, second| {
            format!(
                "*5\r\n$4\r\nMSET\r\n$7\r\nk:{first:05}\r\n$13\r\n<vvvvvvvvvvv>\r\n$7\r\nk:{second:05}\r\n$1\r\nx\r\n"
            )
        };
        assert_eq!(String::from_utf8_lossy(&out), expected(11, 22) + &expected(31, 42));
    }

    #[test]
    fn a_word_of_any_length_may_be_the_last() {
        let value = Word::Varying {
            before: Vec::new(),
            hole: 0,
            after: Vec::new(),
        };
        let mut out = Vec::new();
        Template::new(&[Word::text("ECHO"), value]).append(&mut out, &mut Counting(0, Vec::new()));
        assert_eq!(out, encode(&[b"ECHO", b""]));
    }

    proptest! {
        #[test]
        fn digits_are_those_that_formatting_gives(number: u64, width in 1..=20_usize) {
            let mut digits = vec![b'x'; width];
            write_digits(number, &mut digits);
            let all = format!("{number:020}");
            prop_assert_eq!(&digits[..], &all.as_bytes()[20 - width..]);
        }

        #[test]
        fn lengths_are_those_that_formatting_gives(length: usize) {
            let mut out = Vec::new();
            push_length(&mut out, length);
            prop_assert_eq!(out, format!("${length}\r\n").into_bytes());
        }
    }
}
