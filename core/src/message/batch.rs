//! The items of one turn, for one peer.
//!
//! `turn u32 | epoch u64 | synced u64 | count u32 | items`, where `synced` is the least synced-up-to of the sender's arcs. An item is `tag u8` and then
//!
//! | tag | item | fields |
//! |---|---|---|
//! | 1 | apply | `slot u16, hash u64, key, state` |
//! | 2 | check | `slot u16, hash u64, digest u64, key` |
//! | 3 | fetch | `slot u16, hash u64, key` |
//! | 4 | run | `flags u8, read level u8, write level u8, argument count u16, arguments` |
//!
//! where key, state and arguments are `length u32, bytes`. The key's hash travels with it: the sender has it, and 2 ns saved an
//! item is 2 ns.

use super::frame::{self, FrameKind};
use super::reader::{Malformed, Reader, put_long_bytes};
use crate::stamp::Stamp;

const APPLY: u8 = 1;
const CHECK: u8 = 2;
const FETCH: u8 = 3;
const RUN: u8 = 4;

/// What stands before an argument's bytes.
const LENGTH_BYTES: usize = size_of::<u32>();

/// What stands before the key of an item.
const ITEM_HEAD_BYTES: usize = 1 + size_of::<u16>() + size_of::<u64>() + LENGTH_BYTES;

/// Most arguments of a command that is run elsewhere.
pub const ARGUMENTS_MAX: usize = u16::MAX as usize;

/// A key as it travels: with its slot and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireKey<'a> {
    /// The key's slot, below 16384.
    pub slot: u16,
    /// xxh3 of the key.
    pub hash: u64,
    /// The key.
    pub key: &'a [u8],
}

impl<'a> WireKey<'a> {
    /// Appends slot, hash, length and key: how a key stands everywhere but in a check, which puts a field between.
    #[inline]
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        // In one piece: each of its own would look for room.
        let mut head = [0; size_of::<u16>() + size_of::<u64>() + LENGTH_BYTES];
        head[..2].copy_from_slice(&self.slot.to_le_bytes());
        head[2..10].copy_from_slice(&self.hash.to_le_bytes());
        // Keys are at most 512 MiB.
        head[10..].copy_from_slice(&(self.key.len() as u32).to_le_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(self.key);
    }

    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let (slot, hash) = read_key_head(reader)?;
        Ok(WireKey {
            slot,
            hash,
            key: reader.long_bytes()?,
        })
    }
}

fn read_key_head(reader: &mut Reader<'_>) -> Result<(u16, u64), Malformed> {
    Ok((read_slot(reader)?, reader.u64()?))
}

pub(super) fn read_slot(reader: &mut Reader<'_>) -> Result<u16, Malformed> {
    let slot = reader.u16()?;
    if slot >= circlet_ring::SLOT_COUNT {
        return Err(Malformed("slot out of range"));
    }
    Ok(slot)
}

/// How a command that another node forwarded is to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunHow {
    /// On this node's own entries only, without quorum: its share of a command that every node answers (`DBSIZE`, `KEYS`).
    pub local: bool,
    /// One key's part of a command on several keys.
    pub part: bool,
    /// The reply is to be RESP3.
    pub resp3: bool,
    /// The sender does not reach the coordinator: the receiver is to pass the command on if it does.
    pub pass_on: bool,
    /// The connection's read level, as the sender encodes it.
    pub read_level: u8,
    /// The connection's write level, as the sender encodes it.
    pub write_level: u8,
}

impl RunHow {
    /// At the cluster's levels, in RESP2.
    pub const PLAIN: Self = RunHow {
        local: false,
        part: false,
        resp3: false,
        pass_on: false,
        read_level: 0,
        write_level: 0,
    };

    fn flags(self) -> u8 {
        u8::from(self.local) | u8::from(self.part) << 1 | u8::from(self.resp3) << 2 | u8::from(self.pass_on) << 3
    }
}

/// One item of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// Merge this state.
    Apply {
        /// Whose state.
        key: WireKey<'a>,
        /// The encoded state.
        state: &'a [u8],
    },
    /// Say whether your entry has this digest, and send it if not.
    Check {
        /// Whose digest.
        key: WireKey<'a>,
        /// The asker's digest of the entry.
        digest: u64,
    },
    /// Send your state of this key.
    Fetch {
        /// Whose state.
        key: WireKey<'a>,
    },
    /// Run this command and send its reply.
    Run {
        /// How.
        how: RunHow,
        /// The arguments, the command's name first.
        arguments: Arguments<'a>,
    },
}

impl<'a> Item<'a> {
    /// The key whose entry it is about; none of a command, which has its keys among its arguments.
    #[must_use]
    pub fn data_key(&self) -> Option<WireKey<'a>> {
        match *self {
            Item::Apply { key, .. } | Item::Check { key, .. } | Item::Fetch { key } => Some(key),
            Item::Run { .. } => None,
        }
    }
}

/// The arguments of a command inside a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arguments<'a> {
    count: u16,
    bytes: &'a [u8],
    /// How many bytes the frame's body has from the first argument's length on.
    from_end: usize,
}

impl<'a> Arguments<'a> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether there is none: never, in a batch that was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The arguments in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut reader = Reader::new(self.bytes);
        // `read` walked over all of them before this value existed.
        (0..self.count).map_while(move |_| reader.long_bytes().ok())
    }

    /// Where they stand in the body of their frame, which has so many bytes: first byte and end of each, in order.
    pub fn places(&self, body_bytes: usize) -> impl Iterator<Item = (usize, usize)> + use<'a> {
        let mut end = body_bytes - self.from_end;
        self.iter().map(move |argument| {
            let start = end + LENGTH_BYTES;
            end = start + argument.len();
            (start, end)
        })
    }
}

/// Writes one batch frame at the end of a buffer.
#[derive(Debug)]
pub struct BatchWriter<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    count: u32,
}

impl<'o> BatchWriter<'o> {
    /// Begins a batch.
    #[must_use]
    pub fn new(out: &'o mut Vec<u8>, turn: u32, epoch: u64, synced: Stamp) -> Self {
        let start = frame::begin(out, FrameKind::Batch);
        out.extend_from_slice(&turn.to_le_bytes());
        out.extend_from_slice(&epoch.to_le_bytes());
        out.extend_from_slice(&synced.to_bits().to_le_bytes());
        out.extend_from_slice(&[0, 0, 0, 0]);
        BatchWriter { out, start, count: 0 }
    }

    /// Adds items that were encoded by [`put_apply`] and its siblings.
    pub fn items(&mut self, encoded: &[u8], count: u32) {
        self.out.extend_from_slice(encoded);
        self.count += count;
    }

    /// Ends the batch.
    pub fn finish(self) {
        let count_at = self.start + frame::HEADER_BYTES + 20;
        self.out[count_at..count_at + 4].copy_from_slice(&self.count.to_le_bytes());
        frame::finish(self.out, self.start);
    }
}

/// Appends an [`Item::Apply`].
pub fn put_apply(out: &mut Vec<u8>, key: WireKey<'_>, state: &[u8]) {
    out.reserve(ITEM_HEAD_BYTES + key.key.len() + LENGTH_BYTES + state.len());
    out.push(APPLY);
    key.put(out);
    put_long_bytes(out, state);
}

/// Appends an [`Item::Check`].
pub fn put_check(out: &mut Vec<u8>, key: WireKey<'_>, digest: u64) {
    let mut head = [0; 1 + size_of::<u16>() + 2 * size_of::<u64>() + LENGTH_BYTES];
    head[0] = CHECK;
    head[1..3].copy_from_slice(&key.slot.to_le_bytes());
    head[3..11].copy_from_slice(&key.hash.to_le_bytes());
    head[11..19].copy_from_slice(&digest.to_le_bytes());
    // Keys are at most 512 MiB.
    head[19..].copy_from_slice(&(key.key.len() as u32).to_le_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(key.key);
}

/// Appends an [`Item::Fetch`].
pub fn put_fetch(out: &mut Vec<u8>, key: WireKey<'_>) {
    out.push(FETCH);
    key.put(out);
}

/// Appends an [`Item::Run`]; false, and nothing appended, when there are more than [`ARGUMENTS_MAX`] arguments.
#[must_use]
pub fn put_run<'a>(out: &mut Vec<u8>, how: RunHow, arguments: impl ExactSizeIterator<Item = &'a [u8]>) -> bool {
    let Ok(count) = u16::try_from(arguments.len()) else {
        return false;
    };
    out.extend_from_slice(&[RUN, how.flags(), how.read_level, how.write_level]);
    out.extend_from_slice(&count.to_le_bytes());
    for argument in arguments {
        put_long_bytes(out, argument);
    }
    true
}

/// Reads items that were encoded by [`put_apply`] and its siblings and stand behind each other; after an error the iterator ends.
pub fn items(encoded: &[u8]) -> impl Iterator<Item = Result<Item<'_>, Malformed>> {
    let mut reader = Reader::new(encoded);
    std::iter::from_fn(move || {
        let read = (reader.left() > 0).then(|| read_item(&mut reader))?;
        if read.is_err() {
            reader = Reader::new(&[]);
        }
        Some(read)
    })
}

/// A batch as received: its items are read one by one, without allocation.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The asker's number for the turn, given back in the answer.
    pub turn: u32,
    /// The topology's epoch that the asker acted in.
    pub epoch: u64,
    /// No arc of the asker is synced up to less.
    pub synced: Stamp,
    /// How many items follow.
    pub count: u32,
    items: Reader<'a>,
}

impl<'a> Batch<'a> {
    /// Reads the head of a batch frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when the head is cut short.
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut items = Reader::new(body);
        let (turn, epoch) = (items.u32()?, items.u64()?);
        let (synced, count) = (Stamp::from_bits(items.u64()?), items.u32()?);
        Ok(Batch {
            turn,
            epoch,
            synced,
            count,
            items,
        })
    }

    /// The items; after an error the iterator ends. A batch whose iterator gave an error must not be answered.
    pub fn items(&self) -> impl Iterator<Item = Result<Item<'a>, Malformed>> + use<'a> {
        self.items.counted(self.count, read_item)
    }
}

fn read_item<'a>(reader: &mut Reader<'a>) -> Result<Item<'a>, Malformed> {
    let tag = reader.u8()?;
    if tag == RUN {
        let (how, arguments) = read_how(reader)?;
        return Ok(Item::Run { how, arguments });
    }
    let (slot, hash) = read_key_head(reader)?;
    let digest = if tag == CHECK { reader.u64()? } else { 0 };
    let key = WireKey {
        slot,
        hash,
        key: reader.long_bytes()?,
    };
    match tag {
        APPLY => Ok(Item::Apply {
            key,
            state: reader.long_bytes()?,
        }),
        CHECK => Ok(Item::Check { key, digest }),
        FETCH => Ok(Item::Fetch { key }),
        _ => Err(Malformed("unknown item")),
    }
}

/// Reads what [`put_run`] appended.
pub(super) fn read_command<'a>(reader: &mut Reader<'a>) -> Result<(RunHow, Arguments<'a>), Malformed> {
    if reader.u8()? == RUN {
        read_how(reader)
    } else {
        Err(Malformed("no command"))
    }
}

fn read_how<'a>(reader: &mut Reader<'a>) -> Result<(RunHow, Arguments<'a>), Malformed> {
    let flags = reader.u8()?;
    if flags > 0b1111 {
        return Err(Malformed("unknown flags of a command"));
    }
    let (read_level, write_level, count) = (reader.u8()?, reader.u8()?, reader.u16()?);
    if count == 0 {
        return Err(Malformed("a command without a name"));
    }
    let how = RunHow {
        local: flags & 1 != 0,
        part: flags & 2 != 0,
        resp3: flags & 4 != 0,
        pass_on: flags & 8 != 0,
        read_level,
        write_level,
    };
    let mut walk = *reader;
    let mut bytes = 0;
    for _ in 0..count {
        bytes += LENGTH_BYTES + walk.long_bytes()?.len();
    }
    let arguments = Arguments {
        count,
        from_end: reader.left(),
        bytes: reader.bytes(bytes)?,
    };
    Ok((how, arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: WireKey<'static> = WireKey {
        slot: 0x0102,
        hash: 0x1122_3344_5566_7788,
        key: b"k",
    };
    const HOW: RunHow = RunHow {
        local: false,
        part: true,
        resp3: true,
        pass_on: true,
        read_level: 1,
        write_level: 2,
    };

    fn sample() -> Vec<u8> {
        let mut items = Vec::new();
        put_apply(&mut items, KEY, b"st");
        put_check(&mut items, KEY, 9);
        put_fetch(&mut items, KEY);
        assert!(put_run(&mut items, HOW, [&b"GET"[..], b"k"].into_iter()));
        assert_eq!(super::items(&items).filter(Result::is_ok).count(), 4);
        let mut out = Vec::new();
        let mut writer = BatchWriter::new(&mut out, 7, 3, Stamp::from_bits(5));
        writer.items(&items, 4);
        writer.finish();
        out
    }

    #[test]
    fn golden_bytes_of_a_batch() {
        let key = [2, 1, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11];
        let mut expected = vec![98, 0, 0, 0, 1, 7, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0];
        expected.extend([5, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]);
        expected.push(1);
        expected.extend(key);
        expected.extend([1, 0, 0, 0, b'k', 2, 0, 0, 0, b's', b't']);
        expected.push(2);
        expected.extend(key);
        expected.extend([9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'k']);
        expected.push(3);
        expected.extend(key);
        expected.extend([1, 0, 0, 0, b'k']);
        expected.extend([4, 14, 1, 2, 2, 0, 3, 0, 0, 0, b'G', b'E', b'T', 1, 0, 0, 0, b'k']);
        expected[0] = (expected.len() - 4) as u8;
        assert_eq!(sample(), expected);
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = sample();
        let frame = frame::split(&bytes).unwrap().unwrap();
        let batch = Batch::read(frame.body).unwrap();
        assert_eq!((batch.turn, batch.epoch, batch.count), (7, 3, 4));
        assert_eq!(batch.synced, Stamp::from_bits(5));
        let items: Vec<_> = batch.items().collect::<Result<_, _>>().unwrap();
        assert_eq!(items[0], Item::Apply { key: KEY, state: b"st" });
        assert_eq!(items[1], Item::Check { key: KEY, digest: 9 });
        assert_eq!(items[2], Item::Fetch { key: KEY });
        let Item::Run { how, arguments } = items[3] else {
            panic!("{:?}", items[3])
        };
        assert_eq!(how, HOW);
        assert_eq!(arguments.iter().collect::<Vec<_>>(), [&b"GET"[..], b"k"]);
        let placed = arguments.places(frame.body.len());
        let placed: Vec<&[u8]> = placed.map(|(start, end)| &frame.body[start..end]).collect();
        assert_eq!(placed, [&b"GET"[..], b"k"], "they are found by their places too");
    }

    #[test]
    fn a_batch_cut_anywhere_is_an_error_and_never_a_panic() {
        let bytes = sample();
        let body = &bytes[frame::HEADER_BYTES..];
        for cut in 0..body.len() {
            let whole = Batch::read(&body[..cut]).and_then(|batch| batch.items().collect::<Result<Vec<_>, _>>());
            assert!(whole.is_err(), "a batch cut to {cut} bytes was read");
        }
    }

    #[test]
    fn bytes_after_the_last_item_are_refused() {
        let mut bytes = sample();
        bytes.push(0);
        let batch = Batch::read(&bytes[frame::HEADER_BYTES..]).unwrap();
        assert!(batch.items().collect::<Result<Vec<_>, _>>().is_err());
    }
}
