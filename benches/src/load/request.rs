//! Requests, built once and patched: a batch is a memory copy and twelve digits a request, so that the generator
//! costs less than the server that it measures.

use circlet_measure::Random;

use super::keys::{Draw, KEY_BYTES, KEY_PREFIX, key_bytes, write_key};

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

/// One request with holes for the key and perhaps for the member.
struct Template {
    bytes: Vec<u8>,
    key_at: Option<usize>,
    /// Of the one digit in which members of a key differ; then the key goes by the other digits of the number.
    member_at: Option<usize>,
}

/// A member, and a field: ten of them.
const MEMBER: &[u8] = b"member-0";

impl Template {
    /// What `shape.op` asks; of a mixed load, its reads. Each type has keys of its own, as long as the others.
    fn of(shape: &Shape) -> Self {
        let value = vec![b'x'; shape.value_bytes];
        let key = |prefix: &[u8; KEY_PREFIX.len()]| {
            let mut key = key_bytes(0);
            key[..prefix.len()].copy_from_slice(prefix);
            key
        };
        let [string, counter, hash, scores, list] = [KEY_PREFIX, b"ctr:", b"hsh:", b"zst:", b"lst:"].map(key);
        match shape.op {
            Op::Get | Op::Mixed => Self::new(&[b"GET", &string]),
            Op::Set => Self::set(shape),
            Op::Ping => Self::new(&[b"PING"]),
            Op::Incr => Self::new(&[b"INCR", &counter]),
            Op::GetCounter => Self::new(&[b"GET", &counter]),
            Op::Hset => Self::new(&[b"HSET", &hash, MEMBER, &value]),
            Op::Hget => Self::new(&[b"HGET", &hash, MEMBER]),
            Op::Zadd => Self::new(&[b"ZADD", &scores, b"12345", MEMBER]),
            Op::Zscore => Self::new(&[b"ZSCORE", &scores, MEMBER]),
            Op::Lpush => Self::new(&[b"LPUSH", &list, &value]),
            Op::Lindex => Self::new(&[b"LINDEX", &list, b"0"]),
        }
    }

    fn set(shape: &Shape) -> Self {
        let value = vec![b'x'; shape.value_bytes];
        let key = key_bytes(0);
        match shape.ttl_s {
            None => Self::new(&[b"SET", &key, &value]),
            Some(ttl_s) => Self::new(&[b"SET", &key, &value, b"EX", ttl_s.to_string().as_bytes()]),
        }
    }

    /// A request whose second argument is the key, if there is one.
    fn new(args: &[&[u8]]) -> Self {
        let bytes = encode(args);
        let end_of = |arg: &[u8]| memchr::memmem::find(&bytes, arg).map(|at| at + arg.len());
        Self {
            key_at: args.get(1).and_then(|key| end_of(key)).map(|end| end - KEY_BYTES),
            member_at: end_of(MEMBER).map(|end| end - 1),
            bytes,
        }
    }

    fn append(&self, number: u64, batch: &mut Vec<u8>) {
        let start = batch.len();
        batch.extend_from_slice(&self.bytes);
        let mut number = number;
        if let Some(member_at) = self.member_at {
            batch[start + member_at] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        if let Some(key_at) = self.key_at {
            write_key(number, &mut batch[start + key_at..start + key_at + KEY_BYTES]);
        }
    }
}

/// A request as RESP writes it: an array of bulk strings.
pub(crate) fn encode(args: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        bytes.extend_from_slice(arg);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// The bytes that a connection sends at once: up to P requests, then perhaps a `WAIT`.
pub(crate) struct Batch {
    asked: Template,
    /// The writes of a mixed load.
    set: Template,
    op: Op,
    get_percent: u8,
    coin: Random,
    wait: Option<Vec<u8>>,
    bytes: Vec<u8>,
}

impl Batch {
    /// `wait_replicas` ends every batch with `WAIT n 1000`, as a client of a primary with replicas has to.
    pub(crate) fn new(shape: &Shape, wait_replicas: Option<u8>, seed: u64) -> Self {
        Self {
            asked: Template::of(shape),
            set: Template::set(shape),
            op: shape.op,
            get_percent: shape.get_percent,
            coin: Random::new(!seed),
            wait: wait_replicas.map(|n| encode(&[b"WAIT", n.to_string().as_bytes(), b"1000"])),
            bytes: Vec::new(),
        }
    }

    /// Builds the next batch of at most `requests`; answers how many replies to expect for keys, and 0 when the draw
    /// has ended.
    pub(crate) fn build(&mut self, requests: usize, draw: &mut Draw) -> usize {
        self.bytes.clear();
        let mut built = 0;
        while built < requests
            && let Some(number) = draw.next_number()
        {
            let is_set = self.op == Op::Mixed && self.coin.below(100) >= u64::from(self.get_percent);
            let template = if is_set { &self.set } else { &self.asked };
            template.append(number, &mut self.bytes);
            built += 1;
        }
        if built > 0
            && let Some(wait) = &self.wait
        {
            self.bytes.extend_from_slice(wait);
        }
        built
    }

    pub(crate) fn has_wait(&self) -> bool {
        self.wait.is_some()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
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

    fn fill(count: u64) -> Draw {
        Draw::once(Keys::All { count }, 0, 1)
    }

    #[test]
    fn a_batch_holds_its_keys_in_order() {
        let mut batch = Batch::new(&shape(Op::Set), None, 1);
        assert_eq!(batch.build(2, &mut fill(5)), 2);
        let expected = "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$3\r\nxxx\r\n\
                        *3\r\n$3\r\nSET\r\n$16\r\nkey:000000000001\r\n$3\r\nxxx\r\n";
        assert_eq!(String::from_utf8_lossy(batch.bytes()), expected);
    }

    #[test]
    fn a_fill_ends_with_a_short_batch_and_then_none() {
        let mut batch = Batch::new(&shape(Op::Get), None, 1);
        let mut draw = fill(5);
        let sizes = [(); 3].map(|()| batch.build(3, &mut draw));
        assert_eq!(sizes, [3, 2, 0]);
        assert!(batch.bytes().is_empty());
    }

    #[test]
    fn a_time_to_live_and_a_wait_are_sent() {
        let with_ttl = Shape {
            ttl_s: Some(60),
            ..shape(Op::Set)
        };
        let mut batch = Batch::new(&with_ttl, Some(1), 1);
        batch.build(1, &mut fill(1));
        let text = String::from_utf8_lossy(batch.bytes()).into_owned();
        assert!(
            text.contains("$2\r\nEX\r\n$2\r\n60\r\n*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$4\r\n1000\r\n"),
            "{text}"
        );
    }

    #[test]
    fn ten_fields_share_a_key_and_a_counter_has_its_own() {
        let mut batch = Batch::new(&shape(Op::Hset), None, 1);
        batch.build(1, &mut Draw::once(Keys::All { count: 5678 }, 5677, 1));
        let expected = "*4\r\n$4\r\nHSET\r\n$16\r\nhsh:000000000567\r\n$8\r\nmember-7\r\n$3\r\nxxx\r\n";
        assert_eq!(String::from_utf8_lossy(batch.bytes()), expected);
        let mut batch = Batch::new(&shape(Op::Incr), None, 1);
        batch.build(1, &mut Draw::once(Keys::All { count: 5678 }, 5677, 1));
        let expected = "*2\r\n$4\r\nINCR\r\n$16\r\nctr:000000005677\r\n";
        assert_eq!(String::from_utf8_lossy(batch.bytes()), expected);
    }

    #[test]
    fn mixed_batches_hold_both_kinds() {
        let mut batch = Batch::new(&shape(Op::Mixed), None, 7);
        batch.build(100, &mut fill(100));
        let gets = memchr::memmem::find_iter(batch.bytes(), b"GET").count();
        assert!((25..=75).contains(&gets), "{gets} of 100 requests are GETs at 50 %");
    }
}
