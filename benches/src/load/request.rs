//! What a connection asks for: one shape of request, patched with the keys that are drawn.

use circlet_measure::Random;
use circlet_measure::load::{Fill, Kind, Out, Part, Requests, Template, Word, encode};

use super::keys::{DIGITS, Draw, KEY_PREFIX};

/// What is asked.
///
/// Hashes and sorted sets take their key and their member from the number that is drawn, ten members a key: many collections, none of them huge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Op {
    /// Read a key.
    Get,
    /// Overwrite a key.
    Set,
    /// GET and SET mixed, by `get_percent`.
    Mixed,
    /// No key at all.
    Ping,
    /// Add one to a counter.
    Incr,
    /// Read a counter.
    GetCounter,
    /// Write a field of a hash.
    Hset,
    /// Read a field of a hash.
    Hget,
    /// Write a member of a sorted set.
    Zadd,
    /// Read a member's score.
    Zscore,
    /// Prepend to a list, which grows.
    Lpush,
    /// Read the head of a list.
    Lindex,
}

impl Op {
    /// The write of the keys that it asks for.
    pub(crate) fn filled_by(self) -> Self {
        match self {
            Op::Get | Op::Set | Op::Mixed | Op::Ping => Op::Set,
            Op::Incr | Op::GetCounter => Op::Incr,
            Op::Hset | Op::Hget => Op::Hset,
            Op::Zadd | Op::Zscore => Op::Zadd,
            Op::Lpush | Op::Lindex => Op::Lpush,
        }
    }
}

/// The form of a request; what varies from one request to the next is the key alone.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) op: Op,
    /// Bytes of the value of a SET.
    pub(crate) value_bytes: usize,
    /// Seconds to live that a SET carries (`EX`).
    pub(crate) ttl_s: Option<u64>,
    /// Share of GETs among mixed requests, in per cent.
    pub(crate) get_percent: u8,
}

/// A member, and a field: ten of them, told apart by a digit behind this.
const MEMBER: &[u8] = b"member-";

/// The holes of a template.
const KEY: u8 = 0;
const MEMBER_DIGIT: u8 = 1;
const SCORE: u8 = 2;

/// What `shape.op` asks; of a mixed load, its reads. Each type has keys of its own, as long as the others.
fn template(shape: &Shape) -> Template {
    let value = || Word::text(vec![b'x'; shape.value_bytes]);
    let member = || {
        Word::Fixed(vec![
            Part::Text(MEMBER.to_vec()),
            Part::Digits {
                hole: MEMBER_DIGIT,
                width: 1,
            },
        ])
    };
    // Another one each time, of one length.
    let score = || {
        let digits = Part::Digits { hole: SCORE, width: 5 };
        Word::Fixed(vec![Part::Text(b"1".to_vec()), digits])
    };
    let words = |name: &str, key: Word, others: Vec<Word>| -> Vec<Word> {
        [Word::text(name), key].into_iter().chain(others).collect()
    };
    let [counter, hash, scores, list] = [b"ctr:", b"hsh:", b"zst:", b"lst:"].map(|prefix| move || key(prefix));
    Template::new(&match shape.op {
        Op::Get | Op::Mixed => words("GET", key(KEY_PREFIX), Vec::new()),
        Op::Set => return set_template(shape),
        Op::Ping => vec![Word::text("PING")],
        Op::Incr => words("INCR", counter(), Vec::new()),
        Op::GetCounter => words("GET", counter(), Vec::new()),
        Op::Hset => words("HSET", hash(), vec![member(), value()]),
        Op::Hget => words("HGET", hash(), vec![member()]),
        Op::Zadd => words("ZADD", scores(), vec![score(), member()]),
        Op::Zscore => words("ZSCORE", scores(), vec![member()]),
        Op::Lpush => words("LPUSH", list(), vec![value()]),
        Op::Lindex => words("LINDEX", list(), vec![Word::text("0")]),
    })
}

fn set_template(shape: &Shape) -> Template {
    let mut words = vec![
        Word::text("SET"),
        key(KEY_PREFIX),
        Word::text(vec![b'x'; shape.value_bytes]),
    ];
    if let Some(ttl_s) = shape.ttl_s {
        words.extend([Word::text("EX"), Word::text(ttl_s.to_string())]);
    }
    Template::new(&words)
}

fn key(prefix: &[u8; KEY_PREFIX.len()]) -> Word {
    let digits = Part::Digits {
        hole: KEY,
        width: DIGITS as u8,
    };
    Word::Fixed(vec![Part::Text(prefix.to_vec()), digits])
}

/// The key and the member of a number that was drawn, and a score: where there are members, its last digit is the member's.
struct Number {
    number: u64,
    has_members: bool,
    /// How many requests there were before.
    serial: u64,
}

impl Fill for Number {
    fn number(&mut self, hole: u8) -> u64 {
        match (hole, self.has_members) {
            (SCORE, _) => self.serial,
            (MEMBER_DIGIT, _) => self.number % 10,
            (_, true) => self.number / 10,
            (_, false) => self.number,
        }
    }

    /// No request here has a hole of bytes.
    fn bytes(&mut self, _hole: u8) -> &[u8] {
        &[]
    }
}

/// What a connection sends at once: up to P requests, then perhaps a `WAIT`.
pub(crate) struct Batch {
    draw: Draw,
    asked: Template,
    has_members: bool,
    serial: u64,
    /// The writes of a mixed load.
    set: Template,
    op: Op,
    get_percent: u8,
    coin: Random,
    wait: Option<Vec<u8>>,
}

impl Batch {
    /// `wait_replicas` ends every batch with `WAIT n 1000`, as a client of a primary with replicas has to.
    pub(crate) fn new(shape: &Shape, wait_replicas: Option<u8>, draw: Draw, seed: u64) -> Self {
        Self {
            draw,
            asked: template(shape),
            has_members: matches!(shape.op, Op::Hset | Op::Hget | Op::Zadd | Op::Zscore),
            serial: 0,
            set: set_template(shape),
            op: shape.op,
            get_percent: shape.get_percent,
            coin: Random::new(!seed),
            wait: wait_replicas.map(|n| encode(&[b"WAIT", n.to_string().as_bytes(), b"1000"])),
        }
    }
}

impl Requests for Batch {
    fn build(&mut self, count: usize, lanes: &mut [Out]) -> usize {
        let out = &mut lanes[0];
        let mut built = 0;
        while built < count
            && let Some(number) = self.draw.next_number()
        {
            let is_set = self.op == Op::Mixed && self.coin.below(100) >= u64::from(self.get_percent);
            let template = if is_set { &self.set } else { &self.asked };
            let mut number = Number {
                number,
                has_members: self.has_members,
                serial: self.serial,
            };
            template.append(&mut out.bytes, &mut number);
            self.serial += 1;
            built += 1;
        }
        out.replies = built;
        if built > 0
            && let Some(wait) = &self.wait
        {
            out.bytes.extend_from_slice(wait);
            out.replies += 1;
        }
        built
    }

    fn complaint(&self, kind: Kind, left: usize) -> Option<&'static str> {
        let is_wait = self.wait.is_some() && left == 0;
        (is_wait && kind == Kind::Integer(0)).then_some("WAIT: no replica acknowledged in time")
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Keys;
    use super::*;

    fn shape(op: Op) -> Shape {
        Shape {
            op,
            value_bytes: 3,
            ttl_s: None,
            get_percent: 50,
        }
    }

    /// The bytes of a batch of `requests`, and how many those are.
    fn built(batch: &mut Batch, requests: usize) -> (String, usize) {
        let mut lanes = [Out::default()];
        let count = batch.build(requests, &mut lanes);
        (String::from_utf8_lossy(&lanes[0].bytes).into_owned(), count)
    }

    fn fill(count: u64) -> Draw {
        Draw::once(Keys::All { count }, 0, 1)
    }

    #[test]
    fn a_batch_holds_its_keys_in_order() {
        let mut batch = Batch::new(&shape(Op::Set), None, fill(5), 1);
        let expected = "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$3\r\nxxx\r\n\
                        *3\r\n$3\r\nSET\r\n$16\r\nkey:000000000001\r\n$3\r\nxxx\r\n";
        assert_eq!(built(&mut batch, 2), (expected.to_owned(), 2));
    }

    #[test]
    fn a_fill_ends_with_a_short_batch_and_then_none() {
        let mut batch = Batch::new(&shape(Op::Get), None, fill(5), 1);
        let sizes = [(); 3].map(|()| built(&mut batch, 3).1);
        assert_eq!(sizes, [3, 2, 0]);
        assert!(built(&mut batch, 3).0.is_empty());
    }

    #[test]
    fn a_time_to_live_and_a_wait_are_sent() {
        let with_ttl = Shape {
            ttl_s: Some(60),
            ..shape(Op::Set)
        };
        let mut batch = Batch::new(&with_ttl, Some(1), fill(1), 1);
        let (text, _) = built(&mut batch, 1);
        assert!(
            text.contains("$2\r\nEX\r\n$2\r\n60\r\n*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$4\r\n1000\r\n"),
            "{text}"
        );
    }

    #[test]
    fn ten_fields_share_a_key_and_a_counter_has_its_own() {
        let mut batch = Batch::new(
            &shape(Op::Hset),
            None,
            Draw::once(Keys::All { count: 5678 }, 5677, 1),
            1,
        );
        let expected = "*4\r\n$4\r\nHSET\r\n$16\r\nhsh:000000000567\r\n$8\r\nmember-7\r\n$3\r\nxxx\r\n";
        assert_eq!(built(&mut batch, 1).0, expected);
        let mut batch = Batch::new(
            &shape(Op::Incr),
            None,
            Draw::once(Keys::All { count: 5678 }, 5677, 1),
            1,
        );
        let expected = "*2\r\n$4\r\nINCR\r\n$16\r\nctr:000000005677\r\n";
        assert_eq!(built(&mut batch, 1).0, expected);
    }

    #[test]
    fn mixed_batches_hold_both_kinds() {
        let mut batch = Batch::new(&shape(Op::Mixed), None, fill(100), 7);
        let gets = built(&mut batch, 100).0.matches("GET").count();
        assert!((25..=75).contains(&gets), "{gets} of 100 requests are GETs at 50 %");
    }
}
